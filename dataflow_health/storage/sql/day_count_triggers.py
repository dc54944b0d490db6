"""Triggers that keep ``day_count`` equal to a count of the ledger's rows, in the same transaction.

Whatever writes to the ledger, an operator's own SQL as well, changes the counts with it.
"""

from collections.abc import Iterator

from sqlalchemy import DDL, Connection, MetaData, event, func, select
from sqlalchemy.schema import ExecutableDDLElement

ARRIVAL, MEMBER, RESULT = "arrival", "member", "algorithm_run"
"""Values of ``day_count.step`` for rows of tables that belong to no stage."""

_STAGE_TABLES = ("archive_stage", "recording_stage")
_OUTCOME_TABLES = {"arrival": ARRIVAL, "member": MEMBER}

NEXT_NUMBER = {
    "sqlite": "(SELECT coalesce(max(changed), 0) + 1 FROM day_count)",
    "postgresql": "CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)",
}
"""Change number of a transaction, as ``change_numbers`` reads it."""

_SQLITE_TRIGGER = """CREATE TRIGGER {name}_counted_{event} AFTER {event}{columns} ON {name} BEGIN
{body}
END"""

COUNTING_LOCK = 7_302_146_019
"""Number of the advisory lock that PostgreSQL's writers of counts hold until they commit.

They take turns, as on SQLite: otherwise two that change the same days in another order would wait
for each other, and a newest end could be read from before another's change.
"""

_POSTGRESQL_FUNCTION = """CREATE FUNCTION count_{name}() RETURNS trigger AS $count$ BEGIN
PERFORM pg_advisory_xact_lock({lock});
IF TG_OP <> 'INSERT' THEN {removed} END IF;
IF TG_OP <> 'DELETE' THEN {added} END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql"""


def attach(metadata: MetaData) -> None:
    """Creates the triggers with the tables, and drops what they leave behind with them."""
    for dialect in NEXT_NUMBER:
        for statement in statements(dialect):
            event.listen(metadata, "after_create", only_on(dialect, statement))
    for name in (*_STAGE_TABLES, *_OUTCOME_TABLES):
        dropped = f"DROP FUNCTION IF EXISTS count_{name}() CASCADE"
        event.listen(metadata, "before_drop", only_on("postgresql", dropped))


def lock_counts(connection: Connection) -> None:
    """Keeps all other writers of counts out until the transaction ends.

    On SQLite a transaction that may write keeps them out from its start.

    Args:
        connection: An open transaction that has changed nothing yet.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(COUNTING_LOCK)))


def only_on(dialect: str, statement: str) -> ExecutableDDLElement:
    """A statement of the schema that one kind of database needs."""
    made: ExecutableDDLElement = DDL(statement)  # type: ignore[no-untyped-call]
    return made.execute_if(dialect=dialect)


def statements(dialect: str) -> Iterator[str]:
    """Statements that create the triggers."""
    for name in _STAGE_TABLES:
        columns = "stage, arrival_day, state, finished_at"
        yield from _of_table(dialect, name, columns, "{row}.stage", "state", "{row}.finished_at")
    for name, step in _OUTCOME_TABLES.items():
        yield from _of_table(dialect, name, "arrival_day, outcome", f"'{step}'", "outcome", "NULL")


def _of_table(
    dialect: str, name: str, columns: str, step: str, state: str, finished_at: str
) -> Iterator[str]:
    """Statements for one table.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        name: Name of the table.
        columns: Columns whose change alters a count.
        step: SQL of the step of a row.
        state: Column that is counted by.
        finished_at: SQL of the end of a row's processing.
    """
    number = NEXT_NUMBER[dialect]
    added, removed = _added(step, state, finished_at, number), _removed(name, step, state, number)
    if dialect == "sqlite":
        for happened, of, body in (
            ("INSERT", "", added),
            ("DELETE", "", removed),
            ("UPDATE", f" OF {columns}", removed + "\n" + added),
        ):
            yield _SQLITE_TRIGGER.format(name=name, event=happened, columns=of, body=body)
    else:
        parts = {"lock": COUNTING_LOCK, "added": added, "removed": removed}
        yield _POSTGRESQL_FUNCTION.format(name=name, **parts)
        yield (
            f"CREATE TRIGGER {name}_counted AFTER INSERT OR DELETE OR UPDATE OF {columns}"
            f" ON {name} FOR EACH ROW EXECUTE FUNCTION count_{name}()"
        )


def _added(step: str, state: str, finished_at: str, number: str) -> str:
    """Counts a new row."""
    step, ended = step.format(row="NEW"), finished_at.format(row="NEW")
    return (
        "INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed)"
        f" VALUES (NEW.arrival_day, {step}, NEW.{state}, 1, {ended}, {number})"
        " ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1,"
        " finished_at = CASE WHEN excluded.finished_at > day_count.finished_at"
        " OR day_count.finished_at IS NULL"
        " THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;"
    )


def _removed(name: str, step: str, state: str, number: str) -> str:
    """No longer counts an old row; the newest end is read anew where that row had it."""
    where = f"arrival_day = OLD.arrival_day AND {state} = OLD.{state}"
    finished_at = ""
    if name in _STAGE_TABLES:
        newest = f"SELECT max(finished_at) FROM {name} WHERE stage = OLD.stage AND {where}"
        finished_at = (
            ", finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL"
            f" THEN finished_at ELSE ({newest}) END"
        )
    return (
        f"UPDATE day_count SET number = number - 1{finished_at}, changed = {number}"
        f" WHERE arrival_day = OLD.arrival_day AND step = {step.format(row='OLD')}"
        f" AND state = OLD.{state};"
    )
