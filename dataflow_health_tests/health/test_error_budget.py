"""Error budgets and burn rates of objectives."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.error_budget import (
    AcceptanceRate,
    LandingToSql,
    SloEvent,
    compute_budget,
    compute_budgets,
)
from dataflow_health_tests.health.incident_factories import NOON

OBJECTIVE = LandingToSql(
    describes="In time.", kind="landing_to_sql", within=timedelta(hours=1), objective_pct=99
)


def events(count, bad, *, over=timedelta(days=29), tail="HB-ZAA", until=timedelta(0)):
    """Events spread evenly over a time that ended ``until`` ago, bad ones spread among them."""
    step = over / count
    every = count // bad if bad else count + 1
    return [
        SloEvent(at=NOON - until - step * n, good=n % every != 0 or n // every >= bad, tail=tail)
        for n in range(count)
    ]


def test_an_objective_without_bad_events_has_its_whole_budget():
    (found,) = compute_budgets("in_time", OBJECTIVE, events(1000, 0), NOON)
    assert (found.good_pct, found.remaining_pct, found.severity) == (100, 100, None)


def test_a_budget_used_up_exactly_has_nothing_remaining():
    found = compute_budget("in_time", OBJECTIVE, events(1000, 10), NOON)
    assert found.bad == 10
    assert found.remaining_pct == pytest.approx(0)


def test_the_limits_over_30_days_are_those_of_the_workbook():
    limits = [burn.limit for burn in compute_budget("in_time", OBJECTIVE, (), NOON).burns]
    assert limits == pytest.approx([14.4, 6, 1])


def test_a_fast_burn_is_an_error_and_ends_with_its_short_window():
    hour = timedelta(hours=1)
    burning = events(100, 20, over=hour)
    assert compute_budget("in_time", OBJECTIVE, burning, NOON).severity == "error"
    over = events(100, 20, over=hour, until=timedelta(minutes=10))
    calm = [*over, *events(20, 0, over=timedelta(minutes=10))]
    fast = compute_budget("in_time", OBJECTIVE, calm, NOON).burns[0]
    assert (fast.firing, fast.short_rate) == (False, 0)


def test_a_slow_burn_is_a_warning():
    found = compute_budget("in_time", OBJECTIVE, events(3000, 45, over=timedelta(days=3)), NOON)
    assert found.severity == "warning"


def test_too_few_events_suppress_the_alert():
    found = compute_budget("in_time", OBJECTIVE, events(5, 5, over=timedelta(minutes=5)), NOON)
    assert found.severity is None
    assert all(burn.suppressed for burn in found.burns)


def test_each_aircraft_can_have_its_own_budget():
    each = OBJECTIVE.model_copy(update={"per": "tail"})
    both = [*events(100, 0), *events(100, 50, tail="HB-ZAB")]
    found = {b.tail: b.remaining_pct < 0 for b in compute_budgets("in_time", each, both, NOON)}
    assert found == {"HB-ZAA": False, "HB-ZAB": True}


def test_events_outside_the_window_are_ignored():
    old = [SloEvent(at=NOON - timedelta(days=31), good=False)]
    coming = [SloEvent(at=NOON + timedelta(minutes=1), good=False)]
    objective = AcceptanceRate(describes="Taken.", kind="accepted", stage="parse", objective_pct=99)
    assert compute_budgets("taken", objective, [*old, *coming], NOON)[0].events == 0


@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 40), st.booleans()), max_size=80))
def test_counts_add_up_and_an_alert_needs_both_windows(given_events):
    made = [SloEvent(at=NOON - timedelta(minutes=m), good=good) for m, good in given_events]
    (found,) = compute_budgets("in_time", OBJECTIVE, made, NOON)
    inside = [e for e in made if e.at > NOON - OBJECTIVE.window]
    assert (found.events, found.bad) == (len(inside), sum(not e.good for e in inside))
    for burn in found.burns:
        assert not (burn.firing and burn.suppressed)
        if burn.firing:
            assert min(burn.long_rate, burn.short_rate) > burn.limit
            assert burn.events >= OBJECTIVE.min_events


def test_the_share_of_good_events_is_what_the_bad_ones_leave():
    found = compute_budget("in_time", OBJECTIVE, events(1000, 20), NOON)
    assert found.good_pct == pytest.approx(98)
    assert found.remaining_pct == pytest.approx(-100)


def test_without_events_nothing_is_measured_and_the_budget_is_whole():
    found = compute_budget("in_time", OBJECTIVE, (), NOON, tail="HB-ZAA")
    assert (found.good_pct, found.remaining_pct, found.tail) == (None, 100, "HB-ZAA")
    assert {burn.long_rate for burn in found.burns} == {0}


@pytest.mark.parametrize(("count", "fires"), [(19, False), (20, True)])
def test_an_alert_fires_from_the_minimum_number_of_events(count, fires):
    bad = events(count, count, over=timedelta(minutes=4))
    fast = compute_budget("in_time", OBJECTIVE, bad, NOON).burns[0]
    assert (fast.events, fast.firing, fast.suppressed) == (count, fires, not fires)


def test_a_burn_rate_at_its_limit_does_not_fire():
    half = OBJECTIVE.model_copy(update={"objective_pct": 50})
    made = [SloEvent(at=NOON - timedelta(minutes=n), good=n % 2 == 0) for n in range(40)]
    slow = compute_budget("in_time", half, made, NOON).burns[2]
    assert (slow.long_rate, slow.short_rate, slow.limit) == (1, 1, 1)
    assert not slow.firing


def test_an_alert_does_not_fire_while_only_its_short_window_burns():
    calm = events(2000, 0, over=timedelta(minutes=55), until=timedelta(minutes=5))
    burning = events(30, 30, over=timedelta(minutes=5))
    fast = compute_budget("in_time", OBJECTIVE, [*calm, *burning], NOON).burns[0]
    assert fast.short_rate > fast.limit > fast.long_rate
    assert not fast.firing


def test_a_window_ends_now_and_its_start_lies_outside():
    at = [NOON, NOON - timedelta(minutes=5), NOON - timedelta(hours=1), NOON - OBJECTIVE.window]
    (found,) = compute_budgets("in_time", OBJECTIVE, [SloEvent(at=a, good=False) for a in at], NOON)
    assert found.events == 3
    assert found.burns[0].events == 2
    good_until_now = [SloEvent(at=a, good=a != NOON - timedelta(minutes=5)) for a in at]
    fast = compute_budget("in_time", OBJECTIVE, good_until_now, NOON).burns[0]
    assert fast.long_rate > 0
    assert fast.short_rate == 0
