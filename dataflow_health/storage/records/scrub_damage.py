"""Damage that scrub found, kept until the file or the rows are right again.

What a stage has made again since is right: no one has to say so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, columns, fetch, fetch_as, insert_new

NOT_IN_LEDGER = "not_in_ledger"
"""Reason code of a kept archive that the ledger lacks."""

Key = tuple[str, str, str]
"""Stage, path in the lake, and id of the archive or recording."""

_damage, _archive_work, _work = (
    tables.scrub_damage, tables.archive_stage, tables.recording_stage,
)  # fmt: skip


class Damage(NamedTuple):
    """A file that is missing or changed, rows that differ, or an archive that the ledger lacks.

    Attributes:
        stage: The stage that made it.
        path: Path in the lake.
        item: Id of the archive or recording; of one of them, when several share the file.
        arrival_day: Arrival day.
        reason: Reason code.
        detail: Expected and found digest, or which rows differ.
    """

    stage: str
    path: str
    item: str
    arrival_day: str
    reason: str
    detail: str

    @property
    def key(self) -> Key:
        """Its primary key."""
        return self.stage, self.path, self.item


def save(engine: Engine, found: Sequence[Damage], at: datetime) -> None:
    """Saves damage; what is saved already keeps its time. Forgets what is right again.

    Args:
        engine: Database of the ledger.
        found: The damage.
        at: When it was found, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        is_open = _open_keys()
        connection.execute(delete(_damage).where(tuple_(*_damage.primary_key).not_in(is_open)))
        insert_new(connection, _damage, [{**each._asdict(), "found_at": at} for each in found])


def remove(engine: Engine, keys: Sequence[Key]) -> None:
    """Forgets damage that was looked at again and is none.

    Args:
        engine: Database of the ledger.
        keys: Its keys.

    Raises:
        DatabaseError: The database does not answer.
    """
    columns_of_key = tuple_(_damage.c.stage, _damage.c.path, _damage.c.item)
    with writing(engine) as connection:
        for some in chunks(keys, 100):
            connection.execute(delete(_damage).where(columns_of_key.in_(some)))


def find(engine: Engine, limit: int | None = None) -> list[Damage]:
    """Damage that is there still, oldest first.

    Args:
        engine: Database of the ledger.
        limit: Largest number; None for all.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = _open(select(*columns(Damage, _damage)))
    statement = statement.order_by(_damage.c.found_at, _damage.c.path).limit(limit)
    return fetch_as(Damage, engine, statement)


def count(engine: Engine) -> int:
    """Number of damaged files and rows that are there still.

    Raises:
        DatabaseError: The database does not answer.
    """
    [row] = fetch(engine, _open(select(func.count().label("number"))))
    return int(row.number)


def find_made(engine: Engine) -> list[Damage]:
    """As :func:`find`, of what waits for no stage: only a look at it shows whether it is right.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = _open(select(*columns(Damage, _damage))).where(_state() == "done")
    return fetch_as(Damage, engine, statement.where(_damage.c.reason != NOT_IN_LEDGER))


def _open_keys() -> Select[Any]:
    return _open(select(*_damage.primary_key))


def _open(statement: Select[Any]) -> Select[Any]:
    """Only damage that its stage has not made again, or that waits for it.

    What a stage has refused since is in quarantine, and red there.
    """
    is_work = (_archive_work.c.archive_id == _damage.c.item, _work.c.recording_id == _damage.c.item)
    finished_at = func.coalesce(_archive_work.c.finished_at, _work.c.finished_at)
    is_known = exists().where(tables.archive.c.path == _damage.c.path)
    waits = _state().in_(UNFINISHED)
    was_not_made_since = and_(_state() == "done", finished_at <= _damage.c.found_at)
    lacks = _damage.c.reason == NOT_IN_LEDGER
    return (
        statement.select_from(_damage)
        .outerjoin(_archive_work, and_(is_work[0], _archive_work.c.stage == _damage.c.stage))
        .outerjoin(_work, and_(is_work[1], _work.c.stage == _damage.c.stage))
        .where(or_(and_(lacks, ~is_known), and_(~lacks, or_(waits, was_not_made_since))))
    )


def _state() -> ColumnElement[str]:
    return func.coalesce(_archive_work.c.state, _work.c.state)
