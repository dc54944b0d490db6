"""Kind ``database_answers``: the database accepts a connection and answers a query."""

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live_check import DatabaseAnswers
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult
from dataflow_health.monitoring.probes.target import resolve


def probe(check: DatabaseAnswers, context: ProbeContext) -> ProbeResult:
    """Opens a new connection and runs ``SELECT 1``."""
    url = resolve(check.url, check.url_from, context.environment)
    try:
        sql.first_value(url, "SELECT 1", context.within_s)
    except (SQLAlchemyError, OSError) as error:
        return ProbeResult("failed", redact.message(error, context.environment))
    return ProbeResult("passed", "SELECT 1 answered")
