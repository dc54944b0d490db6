"""Is the file or folder there?"""

from dataflow_health.health.live_check import FileExists
from dataflow_health.monitoring.probes import files
from dataflow_health.monitoring.probes.result import Answer, Around, held
from dataflow_health.monitoring.probes.target import place


def ask(check: FileExists, around: Around) -> Answer:
    """Looks for the path."""
    where = place(check.path, check.path_from, around.environment)
    there = files.exists(where)
    return held(there, f"{where} is {'there' if there else 'missing'}")
