"""Kind ``freshness``: the newest time in a database is recent enough."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live_check import Freshness
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.monitoring.probes.target import resolve


def probe(check: Freshness, context: ProbeContext) -> ProbeResult:
    """Compares the age of the queried time. Failed when the query returns nothing."""
    url = resolve(check.url, check.url_from, context.environment)
    try:
        value = sql.first_value(url, check.query, context.within_s)
    except (SQLAlchemyError, OSError) as error:
        return ProbeResult("failed", redact.message(error, context.environment))
    if value is None:
        return ProbeResult("failed", "there is no newest row: the query returned nothing")
    return passed_if_recent("newest row", context.now - instant(value), check.at_most)


def instant(value: Any) -> datetime:  # noqa: ANN401
    """Time from a database value: timestamp, date, ISO 8601 text or seconds since 1970. UTC.

    Raises:
        ValueError: The value is none of these.
    """
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    raise ValueError(f"the query returned {value!r}, which is not a time")
