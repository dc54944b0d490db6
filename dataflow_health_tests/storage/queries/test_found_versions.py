import re

from sqlalchemy import Engine, insert

from dataflow_health.storage.queries import found_versions
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.query_plans import plans


def test_each_version_with_findings_is_found_once_by_the_index(engine: Engine) -> None:
    versions = [("b", "2"), ("a", "9"), ("b", "1"), ("b", "2"), ("c", "3")]
    rows = [
        {
            "recording_id": f"{number:064x}", "algorithm": algorithm, "version": version,
            "parser_version": "1", "tail": "HB-ZAA", "arrival_day": DAY, "outcome": "found",
            "reason": "", "findings": int(algorithm != "c"), "uploaded_at": NOON,
        }
        for number, (algorithm, version) in enumerate(versions)
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.algorithm_run), rows)
    assert found_versions.read(engine) == [("a", "9"), ("b", "1"), ("b", "2")]
    lines = plans(engine, lambda: found_versions.read(engine))
    # The index of a partition has a name of PostgreSQL's.
    assert [line for line in lines if re.search(r"ix_\w+_found|_algorithm_version_idx", line)]
    assert not [line for line in lines if "SCAN algorithm_run" in line and "INDEX" not in line]
    assert not [line for line in lines if "Seq Scan" in line]
    if engine.dialect.name == "sqlite":  # one step, not all runs of the algorithm
        assert [line for line in lines if "(algorithm=? AND version>?)" in line]


def test_no_findings_have_no_version(engine: Engine) -> None:
    assert found_versions.read(engine) == []
