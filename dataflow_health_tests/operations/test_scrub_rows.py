from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pytest
from sqlalchemy import Engine, Table, delete, update

from dataflow_health.errors import StorageError
from dataflow_health.operations import scrub_rows
from dataflow_health.stages import load, result_files
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import integrity
from dataflow_health.storage.ledger import lake_marker, ledger
from dataflow_health.storage.sql import locks, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, dependencies, stage_request
from dataflow_health_tests.storage.ledger.factories import recordings, result

FINDING = {"severity": "alert", "start_s": 0.1, "end_s": 2.0, "peak": 3.7, "peak_at_s": 1.0,
           "detail": ""}  # fmt: skip


@pytest.fixture
def deps(engine: Engine, tmp_path: Path) -> Dependencies:
    """Two loaded recordings with two results and a finding each."""
    made = dependencies(tmp_path, engine)
    ids = recordings(engine, 2)
    started = {"started_at": "2026-11-20T06:00:00+00:00"}
    ledger.finish(
        engine, "parse", DAY, "run", [replace(result(i), measurements=started) for i in ids]
    )
    for each in ids:
        rows: list[dict[str, Any]] = [
            {"recording": each, "algorithm": name, "version": "1", "outcome": outcome,
             "reason": "", "findings": findings}
            for name, outcome, findings in (("droop", "found", [FINDING]), ("heat", "clear", []))
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows, RESULTS_SCHEMA)
        path, digest = result_files.write(made.lake, DAY, each, table)
        done = replace(result(each, digest=digest), output_path=path)
        ledger.finish(engine, "analyse", DAY, "run", [done])
    assert load.run(made, stage_request()).done == 2
    return made


def change(engine: Engine, statement: Any) -> None:
    with writing(engine) as connection:
        connection.execute(statement)


def found(deps: Dependencies) -> list[str]:
    return [each.detail for each in scrub_rows.find_changed(deps.engine, deps.lake, DAY)]


def first(table: Table) -> Any:
    return table.c.recording_id == f"{0:064x}"


def test_rows_as_they_were_loaded_do_not_differ(deps: Dependencies) -> None:
    assert found(deps) == []


def test_a_changed_value_and_a_deleted_row_are_found(deps: Dependencies) -> None:
    finding, run = tables.finding, tables.algorithm_run
    change(deps.engine, update(finding).where(first(finding)).values(peak=3.8))
    assert found(deps) == ["finding: 1 missing or changed, 1 not in the file"]
    change(deps.engine, delete(run).where(first(run), run.c.algorithm == "heat"))
    [damaged] = scrub_rows.find_changed(deps.engine, deps.lake, DAY)
    assert damaged.detail.startswith("algorithm_run: 1 missing or changed, 0 not in the file; ")
    assert (damaged.file.stage, damaged.file.item) == ("load", f"{0:064x}")
    load.run(deps, stage_request(force=True))
    assert found(deps) == []


def test_a_day_that_is_being_loaded_is_left_out(deps: Dependencies) -> None:
    change(deps.engine, delete(tables.finding))
    with locks.acquire(deps.engine, locks.stage_lock("load", DAY)):
        assert found(deps) == []
    assert len(found(deps)) == 2


def test_a_recording_with_a_damaged_result_file_is_left_to_the_check_of_files(
    deps: Dependencies,
) -> None:
    change(deps.engine, delete(tables.finding))
    deps.lake.remove_folder("analyse")
    deps.lake.write("other", b"the lake is mounted")
    assert found(deps) == []


def test_an_unreadable_result_file_is_left_out_while_the_lake_can_be_read(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(deps.engine, delete(tables.finding))
    monkeypatch.setattr(integrity, "read_file", Mock(side_effect=StorageError("I/O error")))
    with pytest.raises(StorageError, match=lake_marker.MARKER):
        found(deps)
    lake_marker.ensure(deps.engine, deps.lake)
    assert found(deps) == []
