"""Arrival days on which a recording may have neither results nor another end."""

from sqlalchemy import ColumnElement, Engine, Select, Subquery, func, literal_column, select

from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.day_count_triggers import MEMBER
from dataflow_health.storage.sql.statements import fetch

_count = tables.day_count


def days(engine: Engine) -> list[str]:
    """Days with fewer recordings loaded or written off than arrived, oldest first.

    It reads three counts of each day. A recording that was written off after its results were
    loaded hides another one of its day that no stage has; the law of conservation, which the
    checks of every stage assert, finds that one.

    Args:
        engine: Database of the ledger.

    Raises:
        DatabaseError: The database does not answer.
    """
    arrived, loaded = _numbers(MEMBER, "recording"), _numbers(STAGES[-1], "done")
    written_off = _written_off()
    ended = func.coalesce(loaded.c.number, 0) + func.coalesce(written_off.c.number, 0)
    statement = (
        select(arrived.c.arrival_day)
        .outerjoin(loaded, loaded.c.arrival_day == arrived.c.arrival_day)
        .outerjoin(written_off, written_off.c.arrival_day == arrived.c.arrival_day)
        .where(arrived.c.number > ended)
    )
    return sorted(row.arrival_day for row in fetch(engine, statement))


def _numbers(step: str, state: str) -> Subquery:
    return (
        _present(_count.c.number).where(_count.c.step == step, _count.c.state == state).subquery()
    )


def _written_off() -> Subquery:
    of_recordings = _count.c.step.in_(RECORDING_STAGES)
    numbers = _present(func.sum(_count.c.number).label("number"))
    chosen = numbers.where(_count.c.state == "written_off", of_recordings)
    return chosen.group_by(_count.c.arrival_day).subquery()


def _present(number: ColumnElement[int]) -> Select[tuple[str, int]]:
    present = _count.c.number > literal_column("0")  # as the partial index has it
    return select(_count.c.arrival_day, number).where(present)
