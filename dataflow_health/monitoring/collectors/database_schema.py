"""Metadata and lineage of a database: tables, columns, sizes and foreign keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import URL, Connection, Inspector, inspect, text
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint
from sqlalchemy.engine.reflection import ObjectKind

from dataflow_health.health.outside_system import (
    Arrow,
    ListedColumn,
    ListedTable,
    SystemDescription,
)
from dataflow_health.monitoring.collectors import dataset_name

MOST_TABLES = 500
MOST_COLUMNS = 200
"""Most columns of a table that are listed."""

_SIZES = text(
    "SELECT n.nspname, c.relname, c.reltuples, pg_total_relation_size(c.oid)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p', 'm', 'f')"
)
"""PostgreSQL's statistics: ``reltuples`` is -1 until the first ANALYZE."""

Key = tuple[str | None, str]
"""Schema and name of a table, as SQLAlchemy names it."""


def describe(connection: Connection, url: URL, schemas: Sequence[str]) -> SystemDescription:
    """Tables and views of some schemas; of the default one when none are given.

    Raises:
        SQLAlchemyError: The database does not answer.
    """
    inspector = inspect(connection)
    default = inspector.default_schema_name
    chosen = [None if schema == default else schema for schema in schemas] or [None]
    tables: list[ListedTable] = []
    total = 0
    for schema in chosen:
        found = [*_named(inspector, schema, ObjectKind.TABLE), *_named(inspector, schema)]
        total += len(found)
        taken = dict(found[: MOST_TABLES - len(tables)])
        tables += _tables(connection, inspector, schema, taken)
    version = ".".join(str(each) for each in connection.dialect.server_version_info or ())
    left_out = (f"tables: {total - len(tables)} of {total}",) if total > len(tables) else ()
    return SystemDescription(
        version=f"{url.get_backend_name()} {version}",
        tables=tuple(tables),
        arrows=tuple(sorted(set(_arrows(tables, url)))),
        left_out=left_out,
    )


def _named(
    inspector: Inspector, schema: str | None, kind: ObjectKind = ObjectKind.VIEW
) -> list[tuple[str, str]]:
    """Names of tables or views, each with the word for it."""
    if kind is ObjectKind.TABLE:
        return [(name, "table") for name in sorted(inspector.get_table_names(schema))]
    return [(name, "view") for name in sorted(inspector.get_view_names(schema))]


def _tables(
    connection: Connection, inspector: Inspector, schema: str | None, kinds: Mapping[str, str]
) -> Iterator[ListedTable]:
    if not kinds:
        return
    wanted = {"schema": schema, "filter_names": list(kinds), "kind": ObjectKind.ANY}
    columns = inspector.get_multi_columns(**wanted)  # type: ignore[arg-type]
    keys = inspector.get_multi_foreign_keys(**wanted)  # type: ignore[arg-type]
    shown = schema or inspector.default_schema_name
    sizes = _sizes(connection, shown)
    named = "" if connection.dialect.name == "sqlite" else f"{shown}."
    for name, kind in kinds.items():
        refers = dict(_references(keys.get((schema, name), ()), named))
        rows, size = sizes.get(name, (None, None)) if kind == "table" else (None, None)
        yield ListedTable(
            name=f"{named}{name}",
            kind=kind,
            columns=tuple(
                _column(each, refers) for each in columns.get((schema, name), ())[:MOST_COLUMNS]
            ),
            rows_estimate=rows,
            size_bytes=size,
        )


def _column(found: Any, refers: Mapping[str, str]) -> ListedColumn:  # noqa: ANN401
    name = found["name"]
    return ListedColumn(
        name=name,
        type=str(found["type"]),
        is_nullable=bool(found.get("nullable", True)),
        refers_to=refers.get(name, ""),
    )


def _references(
    keys: Sequence[ReflectedForeignKeyConstraint], named: str
) -> Iterator[tuple[str, str]]:
    """Columns that refer to others, each with ``schema.table.column`` of the other."""
    for key in keys:
        schema = f"{key['referred_schema']}." if key["referred_schema"] else named
        pairs = zip(key["constrained_columns"], key["referred_columns"], strict=False)
        for own, other in pairs:
            yield own, f"{schema}{key['referred_table']}.{other}"


def _sizes(connection: Connection, schema: str | None) -> dict[str, tuple[int | None, int | None]]:
    """Rows and bytes of the tables of a schema; none where the database does not say them."""
    if connection.dialect.name != "postgresql":
        return {}
    rows = connection.execute(_SIZES, {"schemas": [schema]})
    return {name: (int(count) if count >= 0 else None, size) for _, name, count, size in rows}


def _arrows(tables: Sequence[ListedTable], url: URL) -> Iterator[Arrow]:
    """From a column that is referred to, to the one that refers to it, and from there to its table.

    Other columns are no nodes: a table of a hundred columns would hide what leads where.
    """
    for table in tables:
        own = dataset_name.node(dataset_name.of_table(url, table.name))
        for column in table.columns:
            if column.refers_to:
                other, _, name = column.refers_to.rpartition(".")
                other_table = dataset_name.node(dataset_name.of_table(url, other))
                yield other_table, _field(other_table, name)
                yield _field(other_table, name), _field(own, column.name)
                yield _field(own, column.name), own


def _field(table: str, column: str) -> str:
    return f"field:{table.removeprefix('dataset:')}/{column}"
