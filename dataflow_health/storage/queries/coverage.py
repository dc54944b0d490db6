"""Algorithms that apply to each aircraft, by its results of the newest arrival day."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, Subquery, case, func, select

from dataflow_health.flight.algorithms.coverage import APPLICABLE
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch_as


class AlgorithmApplies(NamedTuple):
    """Whether one algorithm applies to the recordings of one aircraft, recorder and layout.

    Attributes:
        tail: Aircraft.
        recorder: Recorder kind.
        layout: Layout of the frames; empty without one.
        day: Newest arrival day with results.
        algorithm: Name of the algorithm.
        outcome: ``clear`` when it applied to any recording of that day, ``failed`` when it
            applied to none and failed at one, else ``not_applicable``.
        reason: Reason of a recording to which it did not apply.
    """

    tail: str
    recorder: str
    layout: str
    day: str
    algorithm: str
    outcome: str
    reason: str


def of_newest_day(
    engine: Engine, since_day: str, tail: str | None = None
) -> list[AlgorithmApplies]:
    """Algorithms by aircraft, recorder and layout, ascending.

    Args:
        engine: Database of the ledger and the results.
        since_day: First arrival day that counts.
        tail: Only this aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    newest = _newest_days(since_day, tail)
    recording, run = tables.recording, tables.algorithm_run
    applies, failed = run.c.outcome.in_(APPLICABLE), run.c.outcome == "failed"
    kind = (newest.c.tail, newest.c.recorder, newest.c.layout, newest.c.day, run.c.algorithm)
    statement = (
        select(
            *kind,
            _most_decisive(func.max(case((applies, 2), (failed, 1), else_=0))).label("outcome"),
            func.coalesce(
                func.max(case((failed, run.c.reason))),
                func.max(case((applies, ""), else_=run.c.reason)),
            ).label("reason"),
        )
        .select_from(newest)
        .join(
            recording,
            (recording.c.arrival_day == newest.c.day)
            & (recording.c.tail == newest.c.tail)
            & (recording.c.recorder == newest.c.recorder)
            & (func.coalesce(recording.c.layout, "") == newest.c.layout),
        )
        .join(
            run,
            (run.c.recording_id == recording.c.id) & (run.c.arrival_day == recording.c.arrival_day),
        )
        .group_by(*kind)
        .order_by(*kind)
    )
    return fetch_as(AlgorithmApplies, engine, statement)


def _most_decisive(rank: ColumnElement[int]) -> ColumnElement[str]:
    return case((rank == 2, "clear"), (rank == 1, "failed"), else_="not_applicable")


def _newest_days(since_day: str, tail: str | None) -> Subquery:
    """Newest arrival day with loaded recordings of each aircraft, recorder and layout."""
    recording, work = tables.recording, tables.recording_stage
    layout = func.coalesce(recording.c.layout, "").label("layout")
    statement = (
        select(
            recording.c.tail,
            recording.c.recorder,
            layout,
            func.max(work.c.arrival_day).label("day"),
        )
        .join(work, work.c.recording_id == recording.c.id)
        .where(work.c.stage == "load", work.c.state == "done", work.c.arrival_day >= since_day)
        .group_by(recording.c.tail, recording.c.recorder, layout)
    )
    if tail is not None:
        statement = statement.where(recording.c.tail == tail)
    return statement.subquery()
