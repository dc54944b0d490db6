"""Stores points of live signals; a point that is there already stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection, Engine, bindparam, case, func, select

from dataflow_health.errors import NotAllowed
from dataflow_health.storage.signals.signal_database import MINUTE_US
from dataflow_health.storage.signals.tables import point, signal, unsummed
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import fetch_as, insert_new

MAX_SIGNALS = 1000
"""Most signals: they bound the tables of minutes and hours."""


class Point(NamedTuple):
    """One value of a signal.

    Attributes:
        signal: Name of the signal.
        at_us: Time, microseconds since 1970, UTC.
        value: Its value, finite.
    """

    signal: str
    at_us: int
    value: float


class SignalRow(NamedTuple):
    """A signal with its newest value; times in microseconds since 1970."""

    id: int
    name: str
    first_us: int
    last_us: int
    last_value: float
    stored_us: int
    source: str
    unit: str


class SignalOrigin(NamedTuple):
    """What a sender says of a signal; empty for what it leaves out, which stays as it was.

    Attributes:
        source: Aircraft, test rig or program that the values are of.
        unit: Unit of the values.
    """

    source: str = ""
    unit: str = ""


Origins = Mapping[str, SignalOrigin]
"""Origin by name of the signal."""


@dataclass(slots=True)
class SignalIds:
    """Ids of the signals of one database, by name, as far as they are known here."""

    known: dict[str, int]

    def require_room(self, names: Iterable[str]) -> None:
        """Refuses a signal that would be one too many.

        Raises:
            NotAllowed: More than :data:`MAX_SIGNALS` signals.
        """
        new = {name for name in names if name not in self.known}
        if new and len(self.known) + len(new) > MAX_SIGNALS:
            raise NotAllowed(
                f"{sorted(new)[0]} would be one signal too many; there are {len(self.known)} "
                f"of at most {MAX_SIGNALS}"
            )


def signal_ids(engine: Engine) -> SignalIds:
    """Ids of all signals.

    Raises:
        DatabaseError: The database does not answer.
    """
    return SignalIds({row.name: row.id for row in find_signals(engine)})


def find_signals(engine: Engine) -> list[SignalRow]:
    """All signals, by name.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = select(*(signal.c[name] for name in SignalRow._fields)).order_by(signal.c.name)
    return fetch_as(SignalRow, engine, statement)


def newest_arrival_us(engine: Engine) -> int | None:
    """When points last arrived, microseconds since 1970; None before the first.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        newest: int | None = connection.execute(select(func.max(signal.c.stored_us))).scalar()
    return newest


def append(
    engine: Engine,
    ids: SignalIds,
    points: Sequence[Point],
    now_us: int,
    origins: Origins = MappingProxyType({}),
) -> None:
    """Stores points in one transaction; when it returns, none of them is lost.

    Args:
        engine: Database of the signals.
        ids: Ids known so far; new ones are added.
        points: Points, in any order. The first value of a signal at a time stays.
        now_us: Current time, microseconds since 1970.
        origins: Where the signals come from, as far as it is known.

    Raises:
        DatabaseError: The database does not answer; nothing was stored.
    """
    newest = _newest(points)
    with writing(engine) as connection:
        new = _add_signals(connection, [newest[name] for name in newest if name not in ids.known])
        known = ids.known | new
        rows = [
            {"signal_id": known[each.signal], "at_us": each.at_us, "value": each.value}
            for each in points
        ]
        insert_new(connection, point, rows)
        minutes = {each.at_us - each.at_us % MINUTE_US for each in points}
        insert_new(connection, unsummed, [{"at_us": at_us} for at_us in sorted(minutes)])
        _note_newest(connection, known, newest, now_us)
        _note_origins(
            connection, known, {name: origins[name] for name in newest if name in origins}
        )
    ids.known.update(new)


def _newest(points: Sequence[Point]) -> Mapping[str, Point]:
    newest: dict[str, Point] = {}
    for each in points:
        before = newest.get(each.signal)
        if before is None or each.at_us > before.at_us:
            newest[each.signal] = each
    return newest


def _add_signals(connection: Connection, first: Sequence[Point]) -> dict[str, int]:
    """Ids of signals that are new here; another process may have added them."""
    if not first:
        return {}
    names = [each.signal for each in first]
    of_name = select(signal.c.name, signal.c.id).where(signal.c.name.in_(names))
    there = {row.name for row in connection.execute(of_name)}
    rows = [
        {"name": each.signal, "first_us": each.at_us, "last_us": each.at_us,
         "last_value": each.value, "stored_us": each.at_us, "source": "", "unit": ""}
        for each in first
        if each.signal not in there
    ]  # fmt: skip
    insert_new(connection, signal, rows)
    return {row.name: row.id for row in connection.execute(of_name)}


_NOTE = (
    signal.update()
    .where(signal.c.id == bindparam("of_id"))
    .values(stored_us=bindparam("now_us"))
)  # fmt: skip
_NOTE_NEWEST = (
    signal.update()
    .where(signal.c.id == bindparam("of_id"), signal.c.last_us <= bindparam("newest_us"))
    .values(last_us=bindparam("newest_us"), last_value=bindparam("newest_value"))
)


_NOTE_ORIGIN = (
    signal.update()
    .where(signal.c.id == bindparam("of_id"))
    .values({
        column: case((bindparam(f"new_{column.name}") == "", column),
                     else_=bindparam(f"new_{column.name}"))
        for column in (signal.c.source, signal.c.unit)
    })
)  # fmt: skip


def _note_origins(connection: Connection, ids: Mapping[str, int], origins: Origins) -> None:
    values = [
        {"of_id": ids[name], "new_source": each.source, "new_unit": each.unit}
        for name, each in sorted(origins.items())
        if any(each)
    ]
    if values:
        connection.execute(_NOTE_ORIGIN, values)


def _note_newest(
    connection: Connection, ids: Mapping[str, int], newest: Mapping[str, Point], now_us: int
) -> None:
    values = [
        {"of_id": ids[name], "newest_us": each.at_us, "newest_value": each.value, "now_us": now_us}
        for name, each in sorted(newest.items())
    ]
    if values:
        connection.execute(_NOTE, [{"of_id": each["of_id"], "now_us": now_us} for each in values])
        connection.execute(
            _NOTE_NEWEST, [{k: v for k, v in each.items() if k != "now_us"} for each in values]
        )
