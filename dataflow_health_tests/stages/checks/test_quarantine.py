from pathlib import Path

import pytest

from dataflow_health.stages.checks.quarantine import no_other_refusals, no_refusals, no_remarks
from dataflow_health_tests.stages.checks.factories import make_context, make_record

REFUSED = make_record(state="quarantined", reason="no_sync")


def remarked(severity: str, kind: str = "values_in_range"):
    remark = {"check": kind, "severity": severity, "parameter": "torque", "detail": "low"}
    return make_record(id="2" * 64, measurements={"remarks": [remark]})


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        (no_refusals("no_sync"), False),
        (no_refusals("tail_mismatch"), True),
        (no_refusals(), True),
        (no_other_refusals(), False),
        (no_other_refusals("tail_mismatch"), False),
        (no_other_refusals("no_sync"), True),
    ],
)
def test_a_check_fails_for_its_own_reasons_only(tmp_path: Path, check, passed: bool) -> None:
    result = check(make_context(tmp_path, REFUSED, make_record(id="3" * 64)))
    assert result.passed is passed
    assert result.detail == f"quarantined ({'0' if passed else '1: no_sync'}) must be 0"
    assert [item.recording_id for item in result.evidence] == ([] if passed else [REFUSED.id])


def test_a_remark_of_its_kind_fails_the_check_and_names_parameter_and_detail(
    tmp_path: Path,
) -> None:
    check = no_remarks("values_in_range")
    result = check(make_context(tmp_path, remarked("error")))
    assert not result.passed
    assert not result.downgraded
    assert [item.found for item in result.evidence] == ["torque low"]
    assert check(make_context(tmp_path, remarked("error", "clock_consistent"))).passed


def test_warnings_alone_downgrade_the_result_and_a_refusal_does_not(tmp_path: Path) -> None:
    check = no_remarks("values_in_range", refusals=no_refusals("no_sync"))
    warning = check(make_context(tmp_path, remarked("warning")))
    assert (warning.passed, warning.downgraded) == (False, True)
    both = check(make_context(tmp_path, remarked("warning"), REFUSED))
    assert (both.passed, both.downgraded, len(both.evidence)) == (False, False, 2)
