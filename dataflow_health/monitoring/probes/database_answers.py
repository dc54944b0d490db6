"""Does the database take a connection and answer?"""

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live_check import DatabaseAnswers
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import Answer, Around
from dataflow_health.monitoring.probes.target import place


def ask(check: DatabaseAnswers, around: Around) -> Answer:
    """Connects anew and selects 1."""
    url = place(check.url, check.url_from, around.environment)
    try:
        sql.first_value(url, "SELECT 1", around.within_s)
    except (SQLAlchemyError, OSError) as error:
        return Answer("failed", redact.message(error, around.environment))
    return Answer("passed", "SELECT 1 answered")
