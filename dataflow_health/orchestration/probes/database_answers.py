"""Does the database take a connection and answer?"""

from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.live import DatabaseAnswers
from dataflow_health.orchestration.probes import clean, sql
from dataflow_health.orchestration.probes.answer import Answer, Around
from dataflow_health.orchestration.probes.where import place


def ask(check: DatabaseAnswers, around: Around) -> Answer:
    """Connects anew and selects 1."""
    url = place(check.url, check.url_from, around.environment)
    try:
        sql.first_value(url, "SELECT 1", around.within_s)
    except (SQLAlchemyError, OSError) as error:
        return Answer("failed", clean.message(error, around.environment))
    return Answer("passed", "SELECT 1 answered")
