"""Is the newest instant in a database young enough?"""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live_check import Freshness
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import Answer, Around, aged
from dataflow_health.monitoring.probes.target import place


def ask(check: Freshness, around: Around) -> Answer:
    """Compares the instant's age; none at all fails."""
    url = place(check.url, check.url_from, around.environment)
    try:
        value = sql.first_value(url, check.query, around.within_s)
    except (SQLAlchemyError, OSError) as error:
        return Answer("failed", redact.message(error, around.environment))
    if value is None:
        return Answer("failed", "there is no newest row: the query returned nothing")
    return aged("newest row", around.now - instant(value), check.at_most)


def instant(value: Any) -> datetime:  # noqa: ANN401
    """An instant as databases give it: a time, a day, ISO 8601 text, seconds since 1970; UTC.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    raise ValueError(f"the query returned {value!r}, which is no instant")
