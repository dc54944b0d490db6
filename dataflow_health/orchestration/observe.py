"""What is known now, judged: the one report that every face shows."""

from datetime import datetime

from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.report import HealthReport
from dataflow_health.stages.work import Ports
from dataflow_health.storage import observations


def report(ports: Ports, now: datetime) -> HealthReport:
    """Judges everything from the ledger and the kept answers.

    Args:
        ports: Where both are.
        now: The moment.

    Raises:
        DatabaseFault: The database does not answer.
    """
    seen: list[Observation | StageCounts] = [
        *observations.read(ports.engine),
        *observations.counts(ports.engine, now),
    ]
    return evaluate(Pipeline(ports.catalogue.processes), seen, now)
