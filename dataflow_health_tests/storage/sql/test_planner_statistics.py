from sqlalchemy import Engine, text

from dataflow_health.storage.sql import partitions, planner_statistics
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.finding_factories import insert_findings


def test_the_tables_with_partitions_have_statistics_of_their_own(engine: Engine) -> None:
    """Autovacuum takes those of the partitions only."""
    insert_findings(engine, 20)
    partitions.prepare(engine, "2026-11-20")
    planner_statistics.renew(engine)
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            names = "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"
            assert connection.scalar(text(names)) == 0
            return
        known = "SELECT n_distinct FROM pg_stats WHERE tablename = 'finding' AND inherited"
        assert len(connection.scalars(text(known)).all()) == 13
        setting = connection.scalar(text("SHOW statement_timeout"))
    assert setting == "5min"
