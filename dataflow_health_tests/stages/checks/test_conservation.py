from pathlib import Path

import pytest

from dataflow_health.stages.checks.conservation import conservation, nulls_conserved, rows_equal
from dataflow_health.stages.checks.quarantine import no_refusals
from dataflow_health_tests.stages.checks.factories import make_context, make_record


def test_a_day_without_arrivals_balances(tmp_path: Path) -> None:
    assert conservation(make_context(tmp_path)).passed


@pytest.mark.parametrize(("stored", "passed"), [(3, True), (2, False)])
def test_missing_values_must_be_as_many_as_stored(
    tmp_path: Path, stored: int, passed: bool
) -> None:
    record = make_record(measurements={"nulls": 3, "stored_nulls": stored})
    result = nulls_conserved(make_context(tmp_path, record, stage="ingest"))
    assert result.passed is passed
    assert [item.reason for item in result.evidence] == ([] if passed else ["nulls_differ"])


def test_rows_without_an_input_and_refusals_for_lost_rows_fail(tmp_path: Path) -> None:
    lost = make_record(id="2" * 64, state="quarantined", reason="tsv_differs")
    context = make_context(tmp_path, make_record(rows_out=5), lost, stage="store")
    result = rows_equal("parse", no_refusals("tsv_differs"))(context)
    assert not result.passed
    assert [item.reason for item in result.evidence] == ["rows_differ", "tsv_differs"]
