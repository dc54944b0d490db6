"""Column types that SQLite and PostgreSQL store alike."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, written and read as UTC; SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The value in UTC.

        Raises:
            ValueError: The value has no time zone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; times in the database are UTC")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The value with the time zone UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Digest = String(64)
"""A SHA-256 in hexadecimal."""

ArrivalDay = String(10)
"""A UTC date, as 2026-11-20."""

Month = String(7)
"""A UTC month, as 2026-11."""

BigCount = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit integer; SQLite counts rows automatically only with its own INTEGER."""
