from datetime import timedelta

from dataflow_health.monitoring.probes.result import (
    LISTED,
    ProbeResult,
    list_some,
    passed_if,
    passed_if_recent,
)


def test_a_condition_decides_the_outcome() -> None:
    assert passed_if(True, "3 <= 5") == ProbeResult("passed", "3 <= 5")
    assert passed_if(False, "7 <= 5") == ProbeResult("failed", "7 <= 5")


def test_an_age_at_its_limit_passes() -> None:
    minute = timedelta(minutes=1)
    assert passed_if_recent("row", minute, minute).outcome == "passed"
    late = passed_if_recent("row", minute + timedelta(seconds=1), minute)
    assert (late.outcome, late.detail) == ("failed", "age of row (1 min 1 s) <= 1 min")


def test_a_long_list_is_cut_and_counted() -> None:
    assert list_some([]) == "0"
    assert list_some(["a", "b"]) == "2: a, b"
    assert list_some(list("abcdefg")) == "7: a, b, c, d, e and 2 more"
    assert len(list("abcde")) == LISTED
