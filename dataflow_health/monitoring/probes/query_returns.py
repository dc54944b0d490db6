"""Kind ``query_returns``: a query returns an expected value."""

import math
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live_check import QueryReturns
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve


def probe(check: QueryReturns, context: ProbeContext) -> ProbeResult:
    """Compares the first value of the first row."""
    url = resolve(check.url, check.url_from, context.environment)
    try:
        value = sql.first_value(url, check.query, context.within_s)
    except (SQLAlchemyError, OSError) as error:
        return ProbeResult("failed", redact.message(error, context.environment))
    return compared(check, float(value) if isinstance(value, Decimal) else value)


def compared(check: QueryReturns, value: Any) -> ProbeResult:  # noqa: ANN401
    """Compares a value with every condition of the check; the detail shows those that fail."""
    number = (
        value if isinstance(value, int | float) else math.nan
    )  # every comparison with NaN is false
    conditions = (
        ("==", check.equals, value == check.equals),
        (">=", check.at_least, number >= (check.at_least or 0)),
        ("<=", check.at_most, number <= (check.at_most or 0)),
    )
    given = [each for each in conditions if each[1] is not None]
    failing = [each for each in given if not each[2]]
    shown = " and ".join(f"{sign} {limit!r}" for sign, limit, _ in failing or given)
    return passed_if(not failing, f"answer ({value!r}) {shown}")
