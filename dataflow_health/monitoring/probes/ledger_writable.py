"""Kind ``ledger_writable``: the ledger's database takes a row, and has every table and column."""

from sqlalchemy import func, insert, select

from dataflow_health.errors import DatabaseError
from dataflow_health.health.self_check import LedgerWritable
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.storage.sql.database import translate_errors
from dataflow_health.storage.sql.tables import lease, metadata

NAME = "probe"


def probe(_check: LedgerWritable, context: ProbeContext) -> ProbeResult:
    """Inserts a lease, reads no row of every table by all its columns, and rolls back."""
    row = {"name": NAME, "holder": NAME, "rank": 0, "expires_at": context.now}
    count = select(func.count()).where(lease.c.name == NAME)
    try:
        with (
            installation.ledger(context) as engine,
            translate_errors(engine),
            engine.connect() as connection,
            connection.begin() as transaction,
        ):
            connection.execute(insert(lease).values(row))
            found = connection.execute(count).scalar_one()
            for table in metadata.sorted_tables:
                connection.execute(select(table).limit(0))
            transaction.rollback()
    except DatabaseError as error:
        return ProbeResult("failed", str(error))
    return passed_if(found == 1, "a row was written to the ledger and rolled back")
