"""The health status, for every caller: now or at a past time, with or without the ledger."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import evaluation, status_history
from dataflow_health.monitoring.evaluation import Declared
from dataflow_health.schemas import HealthStatus


def current(
    connect: Callable[[], Engine],
    declared: Declared,
    now: datetime,
    probe_results: Sequence[Observation] = (),
) -> HealthStatus:
    """The status now. While the ledger is away, it says so.

    Args:
        connect: Returns the ledger's engine, or raises DatabaseError while the ledger is away.
        declared: The declared processes.
        now: Evaluation time, UTC.
        probe_results: Results of live checks that are not in the ledger yet.
    """
    try:
        return from_ledger(connect(), declared, now, probe_results)
    except DatabaseError as error:
        return without_ledger(declared, str(error), now, probe_results)


def from_ledger(
    engine: Engine,
    declared: Declared,
    now: datetime,
    probe_results: Sequence[Observation] = (),
) -> HealthStatus:
    """The status now, of all that the ledger and the probe results say.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    records = evaluation.read_records(engine, now, declared.processes)
    report = evaluation.make_report(declared, [*records, *probe_results], now)
    return HealthStatus.model_construct(**dict(report))


def without_ledger(
    declared: Declared, ledger_error: str, now: datetime, probe_results: Sequence[Observation] = ()
) -> HealthStatus:
    """The status now, while the ledger is away: its process FAILED, what only it knows UNKNOWN."""
    report = evaluation.make_report(declared, probe_results, now, ledger_error)
    return HealthStatus.model_construct(**dict(report), ledger_error=ledger_error)


def as_of(engine: Engine, declared: Declared, at: datetime) -> HealthStatus:
    """The status at a past time, from the history of status changes.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    past = status_history.as_of(engine, declared.processes, at)
    return HealthStatus.model_construct(**dict(past))
