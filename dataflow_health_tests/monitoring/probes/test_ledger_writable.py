from collections.abc import Mapping

from sqlalchemy import Engine, select, text

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "ledger_writable"}


def test_a_row_is_written_and_rolled_back(engine: Engine, environment: Mapping[str, str]) -> None:
    found = probe(CHECK, environment)
    assert found.outcome == "passed"
    assert found.detail == "a row was written to the ledger and rolled back"
    assert fetch(engine, select(tables.lease)) == []


def test_a_ledger_that_refuses_rows_fails(engine: Engine, environment: Mapping[str, str]) -> None:
    with writing(engine) as connection:
        tables.lease.drop(connection)
    assert probe(CHECK, environment).outcome == "failed"


def test_a_column_that_is_missing_fails_before_anything_reads_it(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE finding RENAME COLUMN peak TO top"))
    found = probe(CHECK, environment)
    assert (found.outcome, "finding.peak" in found.detail) == ("failed", True)
