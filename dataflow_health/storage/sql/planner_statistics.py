"""Statistics by which PostgreSQL chooses its plans, of tables that its autovacuum leaves out.

Autovacuum counts the rows of each partition, and never those of the table that has the partitions
(PostgreSQL, "Routine Vacuuming", 25.1.3). Without them a join of findings is planned by guesses.
"""

from sqlalchemy import Engine, text

from dataflow_health.storage.sql import partitions, server_limits
from dataflow_health.storage.sql.database import writing


def renew(engine: Engine) -> None:
    """Takes samples of the tables with partitions; other work goes on meanwhile.

    Nothing is done on SQLite, whose plans are right without statistics.

    Args:
        engine: Database of the results.

    Raises:
        DatabaseError: The database does not answer.
    """
    if engine.dialect.name != "postgresql":
        return
    for table in partitions.TABLES:
        with writing(engine) as connection:
            server_limits.lift(connection)
            connection.execute(text(f"ANALYZE {table}"))
