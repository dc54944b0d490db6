"""A database: tables, columns and the age of the newest row, and its schema as metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Inspector, Select, column, func, inspect, make_url, select, table
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from dataflow_health.errors import SystemUnavailable
from dataflow_health.health.duration import format_duration
from dataflow_health.health.outside_check import DatabaseTables, DeclaredTable
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import address, database_schema
from dataflow_health.monitoring.collectors.judged import judged, unavailable
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.freshness import instant
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some


def assess(check: DatabaseTables, context: ProbeContext) -> ProbeResult:
    """Failed with the names of tables and columns that are missing or old.

    Unknown while every table whose newest row is judged is empty.
    """
    problems: list[str] = []
    empty: list[str] = []
    try:
        with _connected(check, context) as connection:
            inspector = inspect(connection)
            for name, declared in check.tables.items():
                shape = list(_shape(inspector, name, declared))
                problems += shape
                if not shape and declared.newest:
                    problems += _newest(connection, name, declared, context, empty)
            count = len(inspector.get_table_names()) if not check.tables else len(check.tables)
    except SystemUnavailable as error:
        return unavailable("database", error, context)
    judged_by_age = [name for name, declared in check.tables.items() if declared.newest]
    if not problems and judged_by_age and len(empty) == len(judged_by_age):
        return ProbeResult("unknown", f"no row yet in tables ({list_some(empty)})")
    more = f"; no row yet: {list_some(empty)}" if empty else ""
    return judged(problems, f"tables as declared ({count}){more}")


def describe(check: DatabaseTables, place: str, context: ProbeContext) -> SystemDescription:
    """Version, tables with columns, rows and sizes, and lineage by foreign keys."""
    del place  # a table is named by its database, so that other programs mean the same one
    url = make_url(address.of_check(check, context.environment))
    with _connected(check, context) as connection:
        return database_schema.describe(connection, url, check.schemas)


@contextmanager
def _connected(check: DatabaseTables, context: ProbeContext) -> Iterator[Connection]:
    url = address.of_check(check, context.environment)
    secrets = {**context.environment, "SECRET_url": url}
    try:
        with sql.connected(url, context.within_s) as connection:
            yield connection
    except ArgumentError:
        raise SystemUnavailable(f"{check.url_from or 'url'} is no URL of SQLAlchemy") from None
    except (SQLAlchemyError, NoSuchModuleError, ImportError, OSError) as error:
        raise SystemUnavailable(redact.message(error, secrets)) from None


def _split(name: str) -> tuple[str | None, str]:
    schema, _, short = name.rpartition(".")
    return schema or None, short


def _shape(inspector: Inspector, name: str, declared: DeclaredTable) -> Iterator[str]:
    """The table, or columns of it, that are missing."""
    schema, short = _split(name)
    try:
        found = {each["name"] for each in inspector.get_columns(short, schema)}
    except NoSuchTableError:
        yield f"no table {name}"
        return
    wanted = (*declared.columns, *filter(None, [declared.newest]))
    if missing := sorted(set(wanted) - found):
        yield f"{name} has no column ({list_some(missing)})"


def _newest(
    connection: Connection,
    name: str,
    declared: DeclaredTable,
    context: ProbeContext,
    empty: list[str],
) -> Iterator[str]:
    """Says that the newest row is too old; adds the name to ``empty`` when there is no row."""
    schema, short = _split(name)
    wanted: Select[tuple[Any]] = select(func.max(column(declared.newest))).select_from(
        table(short, schema=schema)
    )
    value = connection.execute(wanted).scalar()
    if value is None:
        empty.append(name)
        return
    try:
        age = context.now - instant(value)
    except ValueError as error:
        yield f"{name}.{declared.newest}: {error}"
        return
    if declared.at_most is not None and age > declared.at_most:
        limit = format_duration(declared.at_most)
        yield f"age of the newest row of {name} ({format_duration(age)}) <= {limit}"
