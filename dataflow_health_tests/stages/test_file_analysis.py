import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow_health.stages import result_files
from dataflow_health.stages.file_analysis import (
    WRITTEN_SCHEMA,
    FileAnalysis,
    FileToAnalyse,
    KeptResults,
    RecordingToAnalyse,
    WrittenResults,
    written_results,
)
from dataflow_health.stages.table_reader import TableFile
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.flight.algorithms.flights import make_algorithm
from dataflow_health_tests.stages.rotten_lake import Damage, delete, flip_bit

ALGORITHMS = {name: make_algorithm(when="torque > 5") for name in ("high", "higher")}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a file of the recordings ``a`` and ``b`` of two seconds each."""
    lake = Lake(tmp_path.as_uri())
    lake.write("other", b"")
    return lake


def table_file(lake: Lake) -> TableFile:
    rows = {"recording": ["a", "a", "b", "b"], "second": [0, 1, 0, 1], "torque": [9.0, 1, 1, 1]}
    pq.write_table(pa.table(rows), sink := io.BytesIO())
    return TableFile("table/samples.parquet", lake.write("table/samples.parquet", sink.getvalue()))


def analyse(
    lake: Lake, file: TableFile, *recordings: RecordingToAnalyse, **algorithms: Any
) -> Mapping[str, WrittenResults]:
    [batch] = FileAnalysis(lake, algorithms or ALGORITHMS)([FileToAnalyse(file, recordings)])
    assert batch.schema == WRITTEN_SCHEMA
    return {row["recording"]: written_results(row) for row in batch.to_pylist()}


def outcomes(lake: Lake, written: WrittenResults) -> dict[str, str]:
    rows = result_files.read(lake, written.path, written.digest).to_pylist()
    return {row["algorithm"]: row["outcome"] for row in rows}


def test_the_wanted_recordings_of_a_file_have_a_result_file_each(lake: Lake) -> None:
    wanted = [RecordingToAnalyse(each, DAY, None) for each in ("a", "b")]
    written = analyse(lake, table_file(lake), *wanted)
    assert outcomes(lake, written["a"]) == {"high": "found", "higher": "found"}
    assert outcomes(lake, written["b"]) == {"high": "clear", "higher": "clear"}
    assert written["a"].summaries["high"].findings == 1
    assert list(analyse(lake, table_file(lake), wanted[1])) == ["b"]


def test_the_results_do_not_depend_on_who_shares_the_file_or_the_task(lake: Lake) -> None:
    wanted = [RecordingToAnalyse(each, DAY, None) for each in ("a", "b")]
    together = analyse(lake, table_file(lake), *wanted)
    alone = [analyse(lake, table_file(lake), each) for each in wanted]
    assert together == {**alone[0], **alone[1]}


def test_kept_results_go_into_the_new_file_unless_their_algorithm_ran(lake: Lake) -> None:
    file = table_file(lake)
    first = analyse(lake, file, RecordingToAnalyse("a", DAY, None))["a"]
    kept = KeptResults(first.path, first.digest, frozenset({"high"}))
    again = analyse(
        lake, file, RecordingToAnalyse("a", DAY, kept), new=make_algorithm(when="torque > 99")
    )["a"]
    assert outcomes(lake, again) == {"high": "found", "new": "clear"}
    changed = make_algorithm(when="torque > 99")
    again = analyse(lake, file, RecordingToAnalyse("a", DAY, kept), high=changed)["a"]
    assert outcomes(lake, again) == {"high": "clear"}


def test_kept_results_that_were_damaged_meanwhile_are_left_out(lake: Lake) -> None:
    file = table_file(lake)
    first = analyse(lake, file, RecordingToAnalyse("a", DAY, None))["a"]
    kept = KeptResults(first.path, "0" * 64, frozenset({"higher"}))
    again = analyse(
        lake, file, RecordingToAnalyse("a", DAY, kept), high=make_algorithm(when="torque > 5")
    )["a"]
    assert list(again.summaries) == ["high"]


def test_the_files_of_a_task_come_back_together_also_beside_one_that_is_missing(
    lake: Lake,
) -> None:
    there, gone = table_file(lake), TableFile("table/gone.parquet", "0" * 64)
    wanted = [
        FileToAnalyse(gone, [RecordingToAnalyse("c", DAY, None)]),
        FileToAnalyse(there, [RecordingToAnalyse("a", DAY, None)]),
        FileToAnalyse(there, [RecordingToAnalyse("b", DAY, None)]),
    ]
    [batch] = FileAnalysis(lake, ALGORITHMS)(wanted)
    assert sorted(batch["recording"].to_pylist()) == ["a", "b"]


@pytest.mark.parametrize("damage", [delete, flip_bit])
def test_a_file_that_is_missing_or_damaged_has_no_results(lake: Lake, damage: Damage) -> None:
    file = table_file(lake)
    assert lake.local
    damage(lake.local / file.path)
    assert analyse(lake, file, RecordingToAnalyse("a", DAY, None)) == {}
