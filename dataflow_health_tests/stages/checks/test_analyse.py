from pathlib import Path

import pytest

from dataflow_health.stages.checks.analyse import (
    RATE_FACTOR,
    RATE_RECORDINGS,
    every_recording_analysed,
    finding_rate_in_band,
)
from dataflow_health_tests.stages.checks.factories import insert_run, make_context, make_record

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
    refused = make_record(state="quarantined", reason="input_changed")
    result = every_recording_analysed(make_context(tmp_path, refused, stage="analyse"))
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
