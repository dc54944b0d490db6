"""Kind ``rows_between``: a table has a plausible number of rows."""

from sqlalchemy import Select, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import RowsBetween
from dataflow_health.monitoring.probes import redact, sql
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve
from dataflow_health.storage.sql.column_types import UtcDateTime


def probe(check: RowsBetween, context: ProbeContext) -> ProbeResult:
    """Counts all rows of the table, or those of the last ``during``."""
    url = resolve(check.url, check.url_from, context.environment)
    try:
        rows = sql.first_value(url, _count(check, context), context.within_s)
    except (SQLAlchemyError, OSError) as error:
        return ProbeResult("failed", redact.message(error, context.environment))
    least, most = check.at_least, check.at_most
    holds = (least is None or rows >= least) and (most is None or rows <= most)
    span = f" of the last {format_duration(check.during)}" if check.during else ""
    low = f"{least:g} <= " if least is not None else ""
    high = f" <= {most:g}" if most is not None else ""
    return passed_if(holds, f"{low}rows of {check.table}{span} ({rows}){high}")


def _count(check: RowsBetween, context: ProbeContext) -> Select[tuple[int]]:
    schema, _, name = check.table.rpartition(".")
    wanted = select(func.count()).select_from(table(name, schema=schema or None))
    if check.during is None:
        return wanted
    return wanted.where(column(check.instant, UtcDateTime()) >= context.now - check.during)
