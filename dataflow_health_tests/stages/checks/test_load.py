from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.stages.checks.check import CheckContext
from dataflow_health.stages.checks.load import (
    landing_to_sql_age,
    rows_landed,
    upload_times_present,
)
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.stages.checks.factories import (
    insert_run,
    make_context,
    make_record,
    refused_context,
)
from dataflow_health_tests.storage.ledger.factories import archive, recordings


def analysed(folder: Path, findings: int) -> CheckContext:
    """A loaded recording for which analyse reported one result with some findings."""
    context = make_context(folder, make_record(id=f"{0:064x}"), stage="load")
    [id_] = recordings(context.engine, 1)
    done = StageResult(id_, "done", "1", NOON, NOON, rows_out=1,
                       measurements={"findings": findings})  # fmt: skip
    ledger.finish(context.engine, "analyse", DAY, "run", [done])
    return context


def test_results_in_sql_that_equal_those_of_analyse_pass(tmp_path: Path) -> None:
    context = analysed(tmp_path, findings=0)
    insert_run(context.engine, f"{0:064x}", findings=0)
    assert rows_landed(context).passed
    assert upload_times_present(context).passed


@pytest.mark.parametrize(("findings", "runs"), [(1, 1), (0, 0)])
def test_missing_findings_and_missing_results_fail(
    tmp_path: Path, findings: int, runs: int
) -> None:
    context = analysed(tmp_path, findings)
    for _ in range(runs):
        insert_run(context.engine, f"{0:064x}", findings)
    result = rows_landed(context)
    assert not result.passed
    assert [(item.expected, item.found) for item in result.evidence] == [
        (f"{findings} findings", "0 rows")
    ]


def test_a_recording_whose_results_were_damaged_fails(tmp_path: Path) -> None:
    result = rows_landed(refused_context(tmp_path, "load", "input_missing"))
    assert not result.passed
    assert [item.reason for item in result.evidence] == ["input_missing"]
    assert "quarantined (1: input_missing)" in result.detail


@pytest.mark.parametrize(("age_s", "passed"), [(3600.0, True), (3601.0, False)])
def test_a_recording_that_took_longer_than_the_limit_is_late(
    tmp_path: Path, age_s: float, passed: bool
) -> None:
    context = make_context(tmp_path, make_record(measurements={"age_s": age_s}))
    archive(context.engine)
    result = landing_to_sql_age(context)
    assert result.passed is passed
    assert [item.tail for item in result.evidence] == ([] if passed else ["HB-ZAA"])


def test_recordings_from_before_the_first_download_are_not_late(tmp_path: Path) -> None:
    before = make_record(arrived_at=NOON - timedelta(days=1), measurements={"age_s": 1e6})
    context = make_context(tmp_path, before)
    archive(context.engine)
    assert landing_to_sql_age(context).passed
