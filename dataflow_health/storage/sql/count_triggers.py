"""Triggers that count results by arrival day and recordings by aircraft, in the same transaction.

On PostgreSQL they count the rows of a statement together, because results come in thousands.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import MetaData, event

from dataflow_health.storage.sql.day_count_triggers import (
    COUNTING_LOCK,
    NEXT_NUMBER,
    RESULT,
    only_on,
)

STEP = f"'{RESULT}'"


class _Counted(NamedTuple):
    """Rows of a table that are counted in another.

    Attributes:
        table: The table.
        into: The table of counts.
        keys: Columns of its primary key, each with SQL of a row's value.
        columns: Columns of the table whose change alters a count.
        is_numbered: Whether the counts have numbers of changes.
    """

    table: str
    into: str
    keys: Mapping[str, str]
    columns: str
    is_numbered: bool


COUNTED = (
    _Counted(
        "algorithm_run",
        "day_count",
        {"arrival_day": "{row}arrival_day", "step": STEP, "state": "{row}outcome"},
        "arrival_day, outcome",
        is_numbered=True,
    ),
    _Counted("recording", "aircraft_count", {"tail": "{row}tail"}, "tail", is_numbered=False),
)

_FUNCTION = """CREATE FUNCTION count_{table}_{change}() RETURNS trigger AS $count$ BEGIN
IF EXISTS (SELECT 1 FROM {change}) THEN
PERFORM pg_advisory_xact_lock({lock});
{body}
END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql"""

_TRIGGER = (
    "CREATE TRIGGER {table}_{change}_{event} AFTER {event} ON {table} REFERENCING {side} TABLE"
    " AS {change} FOR EACH STATEMENT EXECUTE FUNCTION count_{table}_{change}()"
)
_EVENTS = {"removed": ("OLD", ("DELETE", "UPDATE")), "added": ("NEW", ("INSERT", "UPDATE"))}


def attach(metadata: MetaData) -> None:
    """Creates the triggers with the tables, and drops what they leave behind with them."""
    for dialect in NEXT_NUMBER:
        for statement in statements(dialect):
            event.listen(metadata, "after_create", only_on(dialect, statement))
    for each in COUNTED:
        for change in _EVENTS:
            dropped = f"DROP FUNCTION IF EXISTS count_{each.table}_{change}() CASCADE"
            event.listen(metadata, "before_drop", only_on("postgresql", dropped))


def statements(dialect: str) -> Iterator[str]:
    """Statements that create the triggers."""
    for each in COUNTED:
        yield from _on_sqlite(each) if dialect == "sqlite" else _on_postgresql(each)


def _on_sqlite(each: _Counted) -> Iterator[str]:
    number = NEXT_NUMBER["sqlite"]
    added = _added(each, f"VALUES ({_values(each, 'NEW.')}, 1{_also(each, number)})")
    removed = _removed(each, "1", number, "OLD.")
    for happened, of, body in (
        ("INSERT", "", added),
        ("DELETE", "", removed),
        ("UPDATE", f" OF {each.columns}", removed + "\n" + added),
    ):
        yield (
            f"CREATE TRIGGER {each.table}_counted_{happened} AFTER {happened}{of}"
            f" ON {each.table} BEGIN\n{body}\nEND"
        )


def _on_postgresql(each: _Counted) -> Iterator[str]:
    number = NEXT_NUMBER["postgresql"]
    grouped = f"FROM added GROUP BY {each.columns}"
    rows = f"SELECT {_values(each, '')}, count(*){_also(each, number)} {grouped}"
    gone = f"SELECT {each.columns}, count(*) AS gone FROM removed GROUP BY {each.columns}"
    bodies = {
        "added": _added(each, rows),
        "removed": _removed(each, "gone", number, "lost.", f" FROM ({gone}) AS lost"),
    }
    for change, body in bodies.items():
        yield _FUNCTION.format(table=each.table, change=change, lock=COUNTING_LOCK, body=body)
        side, events = _EVENTS[change]
        for happened in events:
            yield _TRIGGER.format(table=each.table, change=change, event=happened, side=side)


def _values(each: _Counted, row: str) -> str:
    return ", ".join(value.format(row=row) for value in each.keys.values())


def _also(each: _Counted, value: str) -> str:
    return f", {value}" if each.is_numbered else ""


def _added(each: _Counted, rows: str) -> str:
    """Counts new rows."""
    keys, also = ", ".join(each.keys), _also(each, "changed = excluded.changed")
    return (
        f"INSERT INTO {each.into} ({keys}, number{_also(each, 'changed')}) {rows} ON CONFLICT"
        f" ({keys}) DO UPDATE SET number = {each.into}.number + excluded.number{also};"
    )


def _removed(each: _Counted, lost: str, number: str, row: str, source: str = "") -> str:
    """No longer counts old rows."""
    same = " AND ".join(
        f"{each.into}.{key} = {value.format(row=row)}" for key, value in each.keys.items()
    )
    changed = _also(each, f"changed = {number}")
    return f"UPDATE {each.into} SET number = number - {lost}{changed}{source} WHERE {same};"
