"""Does Dagster's daemon live?

The heartbeats come from whoever holds a Dagster instance; this module knows none.
"""

from dataflow_health.health.live_check import DagsterDaemon
from dataflow_health.monitoring.probes.result import Answer, Around, aged


def ask(check: DagsterDaemon, around: Around) -> Answer:
    """Compares the oldest heartbeat's age; one that was wanted and never beat fails."""
    if around.heartbeats is None:
        return Answer("unknown", "no Dagster instance is at hand here")
    beats = around.heartbeats()
    silent = [name for name in check.daemons if name not in beats]
    if silent:
        return Answer("failed", f"never beat: {', '.join(silent)}")
    asked = {name: beats[name] for name in check.daemons or beats}
    if not asked:
        return Answer("unknown", "no daemon ever beat; dataflow-health up starts it")
    oldest = min(asked, key=lambda name: (asked[name], name))
    return aged(f"heartbeat of {oldest}", around.now - asked[oldest], check.at_most)
