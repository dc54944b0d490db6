from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from dataflow_health.health.settled_evidence import EVIDENCE_LIMIT
from dataflow_health.stages import result_files
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.stages.checks.analyse import (
    RATE_FACTOR,
    RATE_RECORDINGS,
    algorithms_apply,
    every_recording_analysed,
    finding_rate_in_band,
)
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.stages.checks.factories import (
    insert_run,
    make_context,
    make_record,
    refused_context,
)

EARLIER_DAY = "2026-11-19"


def test_every_algorithm_that_failed_is_named_before_any_is_named_again(tmp_path: Path) -> None:
    failed = {"failed": ["hard_landing", "rotor_droop"]}
    records = [make_record(id=f"{n:064}", measurements=failed) for n in range(30)]
    evidence = every_recording_analysed(make_context(tmp_path, *records)).evidence
    assert len(evidence) == 60
    assert {item.part for item in evidence[:2]} == {"hard_landing", "rotor_droop"}


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_an_unfinished_recording_is_not_analysed(tmp_path: Path, state: str) -> None:
    record = make_record(state=state, attempts=1)
    result = every_recording_analysed(make_context(tmp_path, record))
    assert not result.passed
    assert [item.reason for item in result.evidence] == ["not_analysed"]


def test_a_recording_whose_table_file_was_damaged_is_not_analysed(tmp_path: Path) -> None:
    result = every_recording_analysed(refused_context(tmp_path, "analyse", "input_changed"))
    assert not result.passed
    assert [item.reason for item in result.evidence] == ["input_changed"]
    assert "quarantined (1: input_changed)" in result.detail


def test_a_recording_that_waits_for_the_next_run_is_no_failure(tmp_path: Path) -> None:
    replayed = make_record(state="waiting", attempts=0)
    result = every_recording_analysed(make_context(tmp_path, make_record(), replayed))
    assert (result.passed, result.evidence) == (True, ())
    assert result.detail.endswith("; 1 wait for the next run")


def test_finished_recordings_without_failed_algorithms_pass(tmp_path: Path) -> None:
    result = every_recording_analysed(make_context(tmp_path, make_record()))
    assert (result.passed, result.evidence) == (True, ())


def silent_record(context, **given):
    """A recording to which neither of two algorithms applies, with its results."""
    rows = [
        {
            "recording": "1" * 64, "algorithm": name, "version": "1", "findings": [],
            "outcome": "not_applicable", "reason": f"this recording has no sample of {lacks}",
        }
        for name, lacks in (("oil", "oil_psi"), ("torque", "oil_psi, torque_pct"))
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, RESULTS_SCHEMA)
    path, digest = result_files.write(context.lake, DAY, "1" * 64, table)
    outcomes = {"outcomes": {"not_applicable": 2}}
    return make_record(
        recorder="card", tail="B-1026", measurements=outcomes, output_path=path,
        output_digest=digest, **given,
    )  # fmt: skip


@pytest.mark.slow
def test_a_recording_to_which_no_algorithm_applies_fails_with_what_is_not_mapped(
    tmp_path: Path,
) -> None:
    context = make_context(tmp_path)
    applies = make_record(measurements={"outcomes": {"clear": 1, "not_applicable": 49}})
    records = [applies, *(silent_record(context, id=f"{n:064}") for n in range(30))]
    result = algorithms_apply(replace(context, records=records))
    sentence = (
        "0 of 2 algorithms apply to B-1026 (card): parameters without a sample: oil_psi, torque_pct"
    )
    assert not result.passed
    assert result.detail == (f"recordings to which no algorithm applies (30) must be 0; {sentence}")
    assert len(result.evidence) == EVIDENCE_LIMIT
    assert (result.evidence[0].reason, result.evidence[0].found) == (
        "no_algorithm_applies", sentence,
    )  # fmt: skip


def test_a_silent_recording_whose_results_are_lost_is_still_silent(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    lost = silent_record(context)._replace(output_path="gone", layout="twin")
    result = algorithms_apply(replace(context, records=[lost]))
    assert result.detail.endswith(
        "0 of 2 algorithms apply to B-1026 (twin); its results cannot be read"
    )


def test_recordings_without_results_or_with_one_that_applies_are_not_silent(
    tmp_path: Path,
) -> None:
    failed = make_record(measurements={"outcomes": {"failed": 2}})
    waiting = make_record(state="waiting", measurements={"outcomes": {"not_applicable": 1}})
    undeclared = make_record(measurements={"outcomes": {}})
    result = algorithms_apply(make_context(tmp_path, failed, waiting, undeclared))
    assert (result.passed, result.evidence) == (True, ())


@pytest.mark.parametrize(("findings", "passed"), [(int(RATE_FACTOR), True), (11, False)])
def test_the_rate_of_findings_is_compared_with_that_of_earlier_days(
    tmp_path: Path, findings: int, passed: bool
) -> None:
    context = make_context(tmp_path, make_record(measurements={"findings": findings}))
    for number in range(RATE_RECORDINGS):
        insert_run(context.engine, f"{number:064}", findings=1, day=EARLIER_DAY)
    result = finding_rate_in_band(context)
    assert result.passed is passed
    assert result.detail == f"findings per recording ({findings}.00) <= 10 times the usual 1.00"


def test_the_rate_is_not_judged_before_enough_recordings_are_known(tmp_path: Path) -> None:
    context = make_context(tmp_path, make_record(measurements={"findings": 500}))
    for number in range(RATE_RECORDINGS - 1):
        insert_run(context.engine, f"{number:064}", findings=1, day=EARLIER_DAY)
    result = finding_rate_in_band(context)
    assert result.passed
    assert "too few days to compare" in result.detail
