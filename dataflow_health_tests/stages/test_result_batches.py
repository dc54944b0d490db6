from pathlib import Path
from typing import Any

import pyarrow as pa

from dataflow_health.stages import result_batches
from dataflow_health.stages.result_batches import RESULTS_SCHEMA, ResultSummary
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import DAY

FINDING = {"severity": "alert", "start_s": 1.0, "end_s": 2.0, "peak": None, "peak_at_s": None,
           "detail": ""}  # fmt: skip


def row(recording: str, algorithm: str, findings: int = 0) -> dict[str, Any]:
    return {
        "recording": recording, "algorithm": algorithm, "version": "1",
        "outcome": "found" if findings else "clear", "reason": "", "findings": [FINDING] * findings,
    }  # fmt: skip


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), RESULTS_SCHEMA)


def test_results_read_back_in_the_order_of_recordings_and_algorithms(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    path, _ = result_batches.write(
        lake, DAY, table(row("b", "x"), row("a", "y"), row("a", "x")), "1"
    )
    found = result_batches.read(lake, path).to_pylist()
    assert [(each["recording"], each["algorithm"]) for each in found] == [
        ("a", "x"), ("a", "y"), ("b", "x"),
    ]  # fmt: skip


def test_other_results_of_the_same_recordings_get_a_file_of_their_own(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    first, _ = result_batches.write(lake, DAY, table(row("a", "x")), "1")
    same, _ = result_batches.write(lake, DAY, table(row("a", "x")), "1")
    other, _ = result_batches.write(lake, DAY, table(row("a", "x", findings=1)), "1")
    assert first == same != other


def test_only_the_wanted_results_are_carried_over(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    rows = (row("a", "x"), row("a", "y"), row("b", "x"), row("b", "y"))
    path, _ = result_batches.write(lake, DAY, table(*rows), "1")
    [kept] = result_batches.carry_over(lake, [(path, "a", {"y"}), (path, "b", {"x"})])
    assert [(each["recording"], each["algorithm"]) for each in kept.to_pylist()] == [
        ("a", "y"), ("b", "x"),
    ]  # fmt: skip


def test_a_summary_counts_the_findings_of_each_result() -> None:
    found = result_batches.summarise(table(row("a", "x", findings=2), row("a", "y")))
    assert found == {
        "a": {"x": ResultSummary("1", "found", 2), "y": ResultSummary("1", "clear", 0)}
    }
