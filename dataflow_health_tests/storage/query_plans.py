"""Query plans of the statements that a function runs, and the tables that they read whole."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, event

from dataflow_health.storage.sql.database import reading

WHOLE = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$")


def scans(engine: Engine, call: Callable[[], object]) -> set[str]:
    """Tables that SQLite reads from end to end in a call; partial indexes of the unfinished do not
    count, as they hold little.
    """
    return {
        found[1]
        for line in plans(engine, call)
        if (found := WHOLE.match(line)) and not (found[2] or "").endswith("_unfinished")
    }


def plans(engine: Engine, call: Callable[[], object], *, as_chosen: bool = False) -> list[str]:
    """Lines of the plans of all statements in a call, as the database explains them.

    Args:
        engine: The database.
        call: What executes the statements.
        as_chosen: Whether PostgreSQL may read a table from end to end, and says what it read.
    """
    statements: list[tuple[str, Any]] = []

    def note(
        _connection: Connection, _cursor: object, statement: str, given: Any, *_rest: object
    ) -> None:
        if statement.startswith(("SELECT", "WITH")):
            statements.append((statement, given))

    event.listen(engine, "before_cursor_execute", note)
    call()
    event.remove(engine, "before_cursor_execute", note)
    is_sqlite = engine.dialect.name == "sqlite"
    on_server = "EXPLAIN (ANALYZE, TIMING OFF) " if as_chosen else "EXPLAIN "
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else on_server
    with reading(engine) as connection:
        if not (is_sqlite or as_chosen):
            # It reads a table of a few rows whole, whatever indexes there are.
            connection.exec_driver_sql("SET enable_seqscan = off")
        return [
            str(row[-1])
            for statement, given in statements
            for row in connection.exec_driver_sql(explain + statement, given)
        ]
