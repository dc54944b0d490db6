from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import result_files
from dataflow_health.stages.result_files import RESULTS_SCHEMA, ResultSummary
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.stages.rotten_lake import flip_bit

FINDING = {"severity": "alert", "start_s": 1.0, "end_s": 2.0, "peak": None, "peak_at_s": None,
           "detail": ""}  # fmt: skip


def row(recording: str, algorithm: str, findings: int = 0) -> dict[str, Any]:
    return {
        "recording": recording, "algorithm": algorithm, "version": "1",
        "outcome": "found" if findings else "clear", "reason": "", "findings": [FINDING] * findings,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), RESULTS_SCHEMA)


def test_results_read_back_in_the_order_of_algorithms(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    path, digest = result_files.write(lake, DAY, "a", table(row("a", "y"), row("a", "x")))
    found = result_files.read(lake, path, digest).to_pylist()
    assert [(each["recording"], each["algorithm"]) for each in found] == [("a", "x"), ("a", "y")]


def test_other_results_of_the_same_recording_get_a_file_of_their_own(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    first, _ = result_files.write(lake, DAY, "a", table(row("a", "x")))
    same, _ = result_files.write(lake, DAY, "a", table(row("a", "x")))
    other, _ = result_files.write(lake, DAY, "a", table(row("a", "x", findings=1)))
    assert first == same != other


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_any_bit_flipped_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    lake = Lake(tmp_path.as_uri())
    path, digest = result_files.write(lake, DAY, "a", table(row("a", "x", findings=1)))
    file = tmp_path / path
    flip_bit(file, data.draw(st.integers(0, 8 * file.stat().st_size - 1)))
    with pytest.raises(RecordingRefused, match="input_changed"):
        result_files.read(lake, path, digest)


def test_results_of_some_algorithms_are_selected() -> None:
    rows = table(row("a", "x"), row("a", "y"))
    assert result_files.select(rows, {"y", "z"})["algorithm"].to_pylist() == ["y"]
    assert result_files.select(rows, set()).num_rows == 0


def test_a_summary_counts_the_findings_of_each_result() -> None:
    found = result_files.summarise(table(row("a", "x", findings=2), row("a", "y")))
    assert found == {"x": ResultSummary("1", "found", 2), "y": ResultSummary("1", "clear", 0)}


def test_the_results_of_the_algorithms_that_ran_are_counted_by_outcome() -> None:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for rows in ([row("a", "x", findings=2), row("a", "y")], [row("b", "x"), row("b", "kept")], []):
        summaries = result_files.summarise(table(*rows))
        result_files.count_by_algorithm(counts, summaries, {"x", "y", "z"})
    assert counts == {
        "x": {"recordings": 2, "findings": 2, "found": 1, "clear": 1},
        "y": {"recordings": 1, "findings": 0, "clear": 1},
    }
