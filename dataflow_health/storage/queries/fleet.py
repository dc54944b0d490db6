"""Fleet overview: recordings of every aircraft by stage and state."""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, case, func, select

from dataflow_health.health.observation import StateCounts
from dataflow_health.storage.ledger.states import UNFINISHED, State
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import fetch


class AircraftCounts(StateCounts):
    """Recordings of one aircraft at one stage by state.

    Attributes:
        tail: Aircraft.
        stage: The stage.
        last_finished_at: When the last one finished there, UTC.
    """

    tail: str
    stage: str
    last_finished_at: datetime | None = None


def stage_counts(engine: Engine, since_day: str = "") -> list[AircraftCounts]:
    """Recordings of every aircraft at every stage.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day whose done recordings count; others always count.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    counted = (work.c.arrival_day >= since_day) | (work.c.state != "done")

    def number(*states: State) -> ColumnElement[int]:
        return func.sum(case((work.c.state.in_(states), 1), else_=0))

    statement = (
        select(
            recording.c.tail,
            work.c.stage,
            number("done"),
            number("quarantined"),
            number("written_off"),
            number(*UNFINISHED),
            func.max(work.c.finished_at),
        )
        .join(work, recording.c.id == work.c.recording_id)
        .where(counted)
        .group_by(recording.c.tail, work.c.stage)
    )
    with reading(engine) as connection:
        return [
            AircraftCounts(
                tail=tail,
                stage=stage,
                done=done,
                quarantined=quarantined,
                written_off=written_off,
                in_flight=in_flight,
                last_finished_at=last_finished_at,
            )
            for tail, stage, done, quarantined, written_off, in_flight, last_finished_at
            in connection.execute(statement)
        ]  # fmt: skip


def arrivals(engine: Engine) -> dict[str, tuple[int, datetime]]:
    """Number of recordings and time of the last arrival, by aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    recording = tables.recording
    statement = select(recording.c.tail, func.count(), func.max(recording.c.arrived_at)).group_by(
        recording.c.tail
    )
    return {tail: (count, at) for tail, count, at in fetch(engine, statement)}
