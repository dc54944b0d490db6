"""The SQL tables: the ledger (who is where) and the results (what was found).

Every change here needs a migration beside it in ``migrations/versions``; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    column,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A UTC instant on every database; SQLite drops the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Stores UTC, and refuses an instant that names no zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants here are UTC")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Gives UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


DIGEST = String(64)
Count = BigInteger().with_variant(Integer, "sqlite")


def _work_columns() -> list[Column[Any]]:
    """Columns of one thing's passage through one stage, the same for archives and recordings."""
    return [
        Column("arrival_day", String(10), nullable=False),
        Column("state", String(12), nullable=False),
        Column("reason", String(64)),
        Column("detail", Text),
        Column("byte_offset", Count),
        Column("frame", Count),
        Column("evidence", LargeBinary),
        Column("bytes_in", Count),
        Column("bytes_out", Count),
        Column("rows_in", Count),
        Column("rows_out", Count),
        Column("output_path", Text),
        Column("output_digest", DIGEST),
        Column("code_version", String(64)),
        Column("measurements", JSON, nullable=False, default=dict),
        Column("run_id", String(64)),
        Column("attempts", Integer, nullable=False, default=0),
        Column("started_at", Instant),
        Column("finished_at", Instant),
    ]


archive = Table(
    "archive",
    metadata,
    Column("id", DIGEST, primary_key=True),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("size_bytes", Count, nullable=False),
    Column("arrival_day", String(10), nullable=False, index=True),
    Column("arrived_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("received_by", String(128), nullable=False),
    Column("path", Text, nullable=False),
)
"""One row a distinct archive: its bytes are kept at ``path``."""

arrival = Table(
    "arrival",
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("archive_id", DIGEST, primary_key=True),
    Column("size_bytes", Count, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("arrived_at", Instant, nullable=False),
    Column("arrival_day", String(10), nullable=False, index=True),
    Column("outcome", String(12), nullable=False),
    Column("seen_at", Instant, nullable=False),
)
"""One row each time bytes came under a name: ``accepted`` or ``duplicate``."""

archive_stage = Table(
    "archive_stage",
    metadata,
    Column("archive_id", DIGEST, primary_key=True),
    Column("stage", String(16), primary_key=True),
    *_work_columns(),
    Index(None, "stage", "arrival_day", "state", "finished_at"),
)
"""Passage of an archive through download and extract."""

member = Table(
    "member",
    metadata,
    Column("archive_id", DIGEST, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("arrival_day", String(10), nullable=False, index=True),
    Column("outcome", String(12), nullable=False),
    Column("recording_id", DIGEST, index=True),
    Column("size_bytes", Count, nullable=False),
    Column("detail", Text),
)
"""Every member of every archive read: ``recording``, ``duplicate`` or ``other``."""

recording = Table(
    "recording",
    metadata,
    Column("id", DIGEST, primary_key=True),
    Column("archive_id", DIGEST, nullable=False, index=True),
    Column("member", Text, nullable=False),
    Column("recorder", String(64), nullable=False),
    Column("layout", String(128)),
    Column("tail", String(32), nullable=False, index=True),
    Column("named_tail", String(32)),
    Column("named_started_at", Instant),
    Column("size_bytes", Count, nullable=False),
    Column("arrival_day", String(10), nullable=False, index=True),
    Column("arrived_at", Instant, nullable=False),
)
"""One row a distinct recording."""

recording_stage = Table(
    "recording_stage",
    metadata,
    Column("recording_id", DIGEST, primary_key=True),
    Column("stage", String(16), primary_key=True),
    *_work_columns(),
    Index(None, "stage", "arrival_day", "state", "finished_at"),
)
"""Passage of a recording through parse to load."""

observation = Table(
    "observation",
    metadata,
    Column("process", String(64), primary_key=True),
    Column("check_name", String(128), primary_key=True),
    Column("part", String(128), primary_key=True),
    Column("arrival_day", String(10), primary_key=True),
    Column("outcome", String(12), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("detail", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("since_at", Instant, nullable=False),
    Column("observed_at", Instant, nullable=False, index=True),
    Column("link", Text, nullable=False),
    Column("run_id", String(64)),
)
"""The newest answer of every check, per arrival day where it has one."""

transition = Table(
    "transition",
    metadata,
    Column("id", Count, primary_key=True, autoincrement=True),
    Column("process", String(64), nullable=False),
    Column("from_status", String(12), nullable=False),
    Column("to_status", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("mark", String(16), nullable=False),
    Column("told", JSON, nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Index(None, "process", "at"),
    sqlite_autoincrement=True,
)
"""Append-only history of process status: ``told`` is the process's health as it was reported.

A row is also written when the status stays and its causes change; ``mark`` tells that apart.
"""

incident = Table(
    "incident",
    metadata,
    Column("id", Count, primary_key=True, autoincrement=True),
    Column("fingerprint", String(64), nullable=False),
    Column("process", String(64), nullable=False),
    Column("check_name", String(128), nullable=False),
    Column("cause", Text, nullable=False),
    Column("severity", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("flapping", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("most_failures", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False, index=True),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant, index=True),
    Column("told", JSON, nullable=False),
    Index(
        "uq_incident_one_open",
        "fingerprint",
        unique=True,
        sqlite_where=column("closed_at").is_(None),
        postgresql_where=column("closed_at").is_(None),
    ),
    sqlite_autoincrement=True,
)
"""One cause, opened once, messaged once, closed once; ``told`` is all of it, as JSON.

At most one row a fingerprint is not closed: two sensors at once cannot open it twice.
"""

streak = Table(
    "streak",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("told", JSON, nullable=False),
)
"""How often in a row each cause was seen or not, so that a restart forgets nothing."""

delivery = Table(
    "delivery",
    metadata,
    Column("incident_id", Count, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("channel", String(128), primary_key=True),
    Column("rule", String(64), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("outcome", String(8), nullable=False, index=True),
    Column("settled_at", Instant, index=True),
)
"""One message to one channel: ``due``, then ``sent`` once it was, or ``dropped`` as overtaken."""

algorithm_run = Table(
    "algorithm_run",
    metadata,
    Column("recording_id", DIGEST, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("parser_version", String(64), nullable=False),
    Column("tail", String(32), nullable=False),
    Column("arrival_day", String(10), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("uploaded_at", Instant, nullable=False, index=True),
)
"""One answer of one algorithm about one recording."""

finding = Table(
    "finding",
    metadata,
    Column("recording_id", DIGEST, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("tail", String(32), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("start_s", Float(53), nullable=False),
    Column("end_s", Float(53), nullable=False),
    Column("start_at", Instant),
    Column("peak", Float(53)),
    Column("peak_at_s", Float(53)),
    Column("detail", Text, nullable=False),
)
"""One event an algorithm found in one recording."""

audit = Table(
    "audit",
    metadata,
    Column("id", Count, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("who", String(128), nullable=False),
    Column("origin", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    sqlite_autoincrement=True,
)
"""Every operator's action."""
