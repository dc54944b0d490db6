from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.status import Status
from dataflow_health.health.status_day import CALM, split_by_day, summarise

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=9)
HOUR_S = 3600.0


INSTANTS = st.integers(0, 30 * 86_400).map(lambda after_s: NOON + timedelta(seconds=after_s))


def test_a_day_has_the_worst_status_that_occurred_however_briefly():
    found = summarise(DAY, {Status.HEALTHY: 86_390.0, Status.FAILED: 10.0}, LATER)
    assert (found.status, found.seconds[Status.FAILED], found.unknown_s) == ("FAILED", 10.0, 0.0)


def test_a_day_without_data_is_unknown_and_not_green():
    found = summarise(DAY, {}, LATER)
    assert (found.status, found.seconds, found.unknown_s) == ("UNKNOWN", {}, 86_400.0)


def test_a_day_whose_checks_were_never_observed_is_unknown():
    found = summarise(DAY, {Status.UNKNOWN: 86_400.0}, LATER)
    assert (found.status, found.seconds, found.unknown_s) == ("UNKNOWN", {}, 86_400.0)


def test_runs_do_not_make_a_day_other_than_healthy():
    found = summarise(DAY, {Status.RUNNING: 60.0, Status.HEALTHY: HOUR_S}, LATER)
    assert (found.status, found.unknown_s) == ("HEALTHY", 86_400.0 - HOUR_S - 60)


def test_a_day_that_has_not_ended_is_as_long_as_it_has_been():
    found = summarise(DAY, {Status.HEALTHY: HOUR_S}, NOON)
    assert found.unknown_s == 11 * HOUR_S
    assert summarise(DAY + timedelta(days=1), {}, NOON).unknown_s == 0


def test_time_counted_twice_while_a_lease_changes_hands_is_no_negative_unknown():
    assert summarise(DAY, {Status.HEALTHY: 86_401.0}, LATER).unknown_s == 0


@given(st.dictionaries(st.sampled_from(Status), st.floats(0.1, 9000.0)))
def test_a_day_is_calm_exactly_when_nothing_loud_was_seen(seconds):
    found = summarise(DAY, seconds, LATER)
    loud = seconds.keys() - {*CALM, Status.UNKNOWN}
    assert (found.status in loud) == bool(loud)
    known = sum(found.seconds.values())
    assert abs(known + found.unknown_s - 86_400.0) < 1e-6


@given(INSTANTS, INSTANTS)
def test_time_is_split_at_midnight_and_none_is_lost(one, other):
    start, end = sorted((one, other))
    found = split_by_day(start, end)
    assert abs(sum(found.values()) - (end - start).total_seconds()) < 1e-3
    assert all(0 < seconds <= 86_400 for seconds in found.values())
    assert len(found) <= (end.date() - start.date()).days + 1
