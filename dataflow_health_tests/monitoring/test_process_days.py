from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.monitoring.process_days import ProcessDays, join
from dataflow_health.storage.records.settled_history import DayRange
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import make_observation

LATER = NOON + timedelta(days=9)


def day(number: int) -> str:
    return (date(2026, 9, 1) + timedelta(days=number)).isoformat()


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_ranges_hold_the_settled_days_and_no_open_one(settled: set[int], known: set[int]) -> None:
    unsettled = sorted(day(each) for each in known - settled)
    ranges = join([DayRange(day(each), day(each)) for each in sorted(settled)], unsettled)
    assert all(any(r.first <= day(each) <= r.last for r in ranges) for each in settled)
    assert not any(r.first <= each <= r.last for r in ranges for each in unsettled)
    assert len(ranges) <= len(unsettled) + 1


@given(
    failed=st.sets(st.integers(0, 60)),
    changed=st.sets(st.integers(0, 60), max_size=3),
)
def test_the_sum_is_that_of_the_days_at_once_whatever_changed(
    failed: set[int], changed: set[int]
) -> None:
    step_by_step, at_once = ProcessDays("parse"), ProcessDays("parse")
    for number in range(61):
        outcome = "failed" if number in failed else "passed"
        result = make_observation("parse", "good", arrival_day=date.fromisoformat(day(number)))
        first = result.model_copy(update={"outcome": outcome})
        step_by_step.set_result(day(number), ("good", ""), first)
        last = result if number in changed else first
        at_once.set_result(day(number), ("good", ""), last)
    step_by_step.settle(LATER)
    for number in changed:
        result = make_observation("parse", "good", arrival_day=date.fromisoformat(day(number)))
        step_by_step.set_result(day(number), ("good", ""), result)
    assert step_by_step.settle(LATER) == at_once.settle(LATER)
    assert step_by_step.open_days() == at_once.open_days()
    kept = at_once.keep()
    resumed = ProcessDays("parse")
    if kept:
        resumed.resume(kept)
        assert resumed.settle(LATER) == at_once.settle(LATER)
        assert not any(map(resumed.is_kept, at_once.open_days()))
        resumed.set_result(kept.days[0].first, ("good", ""), result if changed else first)
        assert resumed.is_stale
