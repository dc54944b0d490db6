"""Is the newest file young enough?"""

from dataflow_health.health.live_check import FileAge
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import Answer, Around, aged
from dataflow_health.monitoring.probes.target import place


def ask(check: FileAge, around: Around) -> Answer:
    """Compares the newest file's age; none at all fails."""
    where = place(check.path, check.path_from, around.environment)
    found = files.changed(where, check.pattern)
    if not found:
        return Answer("failed", f"no file {check.pattern} in {where}".replace("  ", " "))
    name, changed_at = found[0]
    return aged(name, around.now - changed_at, check.at_most)
