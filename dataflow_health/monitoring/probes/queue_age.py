"""Has the oldest waiting file waited too long?"""

from dataflow_health.health.live_check import QueueAge
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import Answer, Around, aged
from dataflow_health.monitoring.probes.target import place


def ask(check: QueueAge, around: Around) -> Answer:
    """Compares the oldest file's age; an empty queue passes, a missing one fails."""
    where = place(check.path, check.path_from, around.environment)
    if not files.exists(where):
        return Answer("failed", f"{where} is missing")
    found = files.changed(where, check.pattern)
    if not found:
        return Answer("passed", "nothing waits")
    name, changed_at = found[-1]
    answer = aged(name, around.now - changed_at, check.at_most)
    return Answer(answer.outcome, f"{answer.detail}, {len(found)} waiting")
