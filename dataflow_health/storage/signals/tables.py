"""SQL tables of live signals.

They are no part of the ledger's schema: on one machine they stand in a file of their own, so that
ten thousand points a second neither lock the ledger nor grow its backups.
"""

from sqlalchemy import Boolean, Column, Double, Index, Integer, MetaData, String, Table, Text

from dataflow_health.storage.sql.column_types import BigCount

metadata = MetaData()

signal = Table(
    "telemetry_signal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("first_us", BigCount, nullable=False, comment="First point, microseconds since 1970"),
    Column("last_us", BigCount, nullable=False, comment="Newest point"),
    Column("last_value", Double, nullable=False),
    Column("stored_us", BigCount, nullable=False, comment="When points of it last arrived"),
    Column("source", String(64), nullable=False, comment="Who sent its newest points"),
    Column("unit", String(32), nullable=False, comment="Unit of the values; empty without one"),
    comment="Live signals, each with its newest value",
)

point = Table(
    "telemetry_point",
    metadata,
    Column("signal_id", Integer, primary_key=True, autoincrement=False),
    Column("at_us", BigCount, primary_key=True, autoincrement=False),
    Column("value", Double, nullable=False),
    comment="Points as they were sent; the key makes a repeated request store nothing twice",
    sqlite_with_rowid=False,
)


def _tier(name: str, comment: str) -> Table:
    """A table of sums over equal spans of time."""
    return Table(
        name,
        metadata,
        Column("signal_id", Integer, primary_key=True, autoincrement=False),
        Column("at_us", BigCount, primary_key=True, autoincrement=False, comment="Its begin"),
        Column("points", Integer, nullable=False),
        Column("total", Double, nullable=False, comment="Sum of the values"),
        Column("low", Double, nullable=False),
        Column("high", Double, nullable=False),
        comment=comment,
        sqlite_with_rowid=False,
    )


minute = _tier("telemetry_minute", "Points by minute, for longer than the points themselves")
hour = _tier("telemetry_hour", "Points by hour, for longer than the minutes")

unsummed = Table(
    "telemetry_unsummed",
    metadata,
    Column("at_us", BigCount, primary_key=True, autoincrement=False, comment="Begin of a minute"),
    comment="Minutes with points that the sums do not hold yet",
)

crossing = Table(
    "telemetry_crossing",
    metadata,
    Column("algorithm", String(128), primary_key=True),
    Column("start_us", BigCount, primary_key=True, autoincrement=False),
    Column("end_us", BigCount, nullable=False, comment="Last point at which the condition held"),
    Column("peak", Double, comment="Most extreme value"),
    Column("severity", String(8), nullable=False, comment="info, warning or alert"),
    Column("detail", Text, nullable=False),
    Column("version", String(64), nullable=False, comment="Version of the algorithm"),
    Column("is_open", Boolean, nullable=False, comment="Held at the newest points"),
    Index("ix_telemetry_crossing_end_us", "end_us"),
    comment="Findings of the algorithms that run on live signals",
)

progress = Table(
    "telemetry_progress",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("at_us", BigCount, nullable=False, comment="Microseconds since 1970"),
    comment="How far the work on the signals is: comparison with limits, deletion of points",
)
