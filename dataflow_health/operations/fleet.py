"""Health of every aircraft at every stage, worst first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Engine

from dataflow_health.health.flight_breaks import ContinuityWindow
from dataflow_health.health.readiness import OpenItem
from dataflow_health.health.report import HealthReport
from dataflow_health.health.self_check import AWAITED_FOR
from dataflow_health.health.status import Status, worst
from dataflow_health.operations.coverage import fleet_coverage
from dataflow_health.schemas import AircraftHealth, AircraftStage, AlgorithmCoverage, FleetHealth
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import (
    continuity,
    format_changes,
    readiness,
    recorded_flights,
)
from dataflow_health.storage.queries import fleet as fleet_rows
from dataflow_health.storage.queries.fleet import AircraftCounts

DEFAULT_DAYS = 30
"""Arrival days shown by default."""


def fleet_health(engine: Engine, report: HealthReport, days: int = DEFAULT_DAYS) -> FleetHealth:
    """Health of all aircraft with recent arrivals or unfinished recordings.

    Args:
        engine: Database of the ledger.
        report: Health report; says which stages are blocked.
        days: Number of arrival days, today included.

    Raises:
        DatabaseError: The database is unreachable.
    """
    since = first_day(report.at, days)
    arrivals = fleet_rows.arrivals(engine)
    blocked = {each.name for each in report.processes if each.status is Status.BLOCKED}
    by_tail: dict[str, dict[str, AircraftStage]] = {tail: {} for tail in arrivals}
    open_archives = readiness.open_archives(engine)
    for counts in [*fleet_rows.stage_counts(engine, since.isoformat()), *_counts(open_archives)]:
        by_tail.setdefault(counts.tail, {})[counts.stage] = _stage(counts, blocked)
    coverage = fleet_coverage(engine, since)
    flights = recorded_flights.read(engine, since.isoformat())
    since_at = datetime.combine(since, time(), UTC)
    window = ContinuityWindow(since_at, report.at, AWAITED_FOR)
    breaks = continuity.among(engine, flights, window)
    changes = format_changes.among(engine, flights, since_at)
    aircraft = [
        _aircraft(
            tail, stages, arrivals, open_archives.get(tail, ()), coverage.get(tail, ())
        ).model_copy(
            update={
                "continuity": breaks.get(tail, ()),
                "format_changes": changes.get(tail, ()),
            }
        )
        for tail, stages in by_tail.items()
    ]
    aircraft.sort(key=lambda each: (-each.status.rank, each.tail))
    return FleetHealth(at=report.at, since_day=since, stages=STAGES, aircraft=tuple(aircraft))


def first_day(at: datetime, days: int) -> date:
    """First of some arrival days that end today.

    Args:
        at: Evaluation time, UTC.
        days: Number of arrival days, today included.
    """
    return at.date() - timedelta(days=days - 1)


def _counts(open_archives: Mapping[str, Sequence[OpenItem]]) -> Iterator[AircraftCounts]:
    states = Counter(
        (tail, each.stage, each.state == "quarantined")
        for tail, archives in open_archives.items()
        for each in archives
    )
    for tail, stage in sorted({key[:2] for key in states}):
        yield AircraftCounts(
            tail=tail,
            stage=stage,
            quarantined=states[tail, stage, True],
            in_flight=states[tail, stage, False],
        )


def _stage(counts: AircraftCounts, blocked: set[str]) -> AircraftStage:
    return AircraftStage(status=_status(counts, blocked), **counts.model_dump(exclude={"tail"}))


def _status(counts: AircraftCounts, blocked: set[str]) -> Status:
    if counts.quarantined:
        return Status.FAILED
    if counts.in_flight:
        return Status.BLOCKED if counts.stage in blocked else Status.RUNNING
    return Status.HEALTHY if counts.done else Status.UNKNOWN


def _aircraft(
    tail: str,
    known: Mapping[str, AircraftStage],
    arrivals: Mapping[str, tuple[int, datetime]],
    open_archives: Sequence[OpenItem],
    coverage: tuple[AlgorithmCoverage, ...],
) -> AircraftHealth:
    recordings, last_arrived_at = arrivals.get(tail, (0, None))
    arrived_at = [each.arrived_at for each in open_archives]
    arrived_at += [last_arrived_at] if last_arrived_at else []
    stages = tuple(
        known.get(stage) or AircraftStage(stage=stage, status=Status.UNKNOWN) for stage in STAGES
    )
    silent = [Status.WARNING for each in coverage if each.is_silent]
    return AircraftHealth(
        tail=tail,
        status=worst([*(each.status for each in known.values()), *silent]),
        recordings=recordings,
        last_arrived_at=max(arrived_at, default=None),
        stages=stages,
        coverage=coverage,
    )
