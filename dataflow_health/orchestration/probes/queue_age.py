"""Has the oldest waiting file waited too long?"""

from dataflow_health.health.live import QueueAge
from dataflow_health.orchestration.probes import files
from dataflow_health.orchestration.probes.answer import Answer, Around, aged
from dataflow_health.orchestration.probes.where import place


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
