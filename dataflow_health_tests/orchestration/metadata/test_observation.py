import dagster as dg
import pytest

from dataflow_health.orchestration.asset_keys import process_key
from dataflow_health.orchestration.metadata.observation import check_fields, live_check_metadata
from dataflow_health_tests.health.factories import NOON, make_observation

KEY = process_key("spark")


@pytest.mark.parametrize(
    ("outcome", "severity", "passed", "expected"),
    [
        ("passed", "error", True, dg.AssetCheckSeverity.ERROR),
        ("failed", "warning", False, dg.AssetCheckSeverity.WARN),
        ("errored", "error", False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_outcome_and_severity_are_those_of_the_result(
    outcome: str, severity: str, passed: bool, expected: dg.AssetCheckSeverity
) -> None:
    fields = check_fields(make_observation("spark", "a", outcome, severity=severity), KEY)
    assert (fields["check_name"], fields["asset_key"]) == ("a", KEY)
    assert (fields["passed"], fields["severity"]) == (passed, expected)


def test_a_live_check_shows_its_measured_value_or_else_its_outcome() -> None:
    measured = live_check_metadata(make_observation("spark", "a", detail="workers (2) >= 1"))
    assert measured["measured"].value == "workers (2) >= 1"
    assert measured["checked_at"].value == NOON.timestamp()
    assert live_check_metadata(make_observation("spark", "a"))["measured"].value == "passed"
