"""Properties of incidents and streaks."""

from datetime import timedelta

import pytest

from dataflow_health.health.incident import Streak
from dataflow_health_tests.health.incident_factories import NOON, make_incident, make_problem


def test_an_incident_has_the_fingerprint_of_its_problem():
    assert make_incident().fingerprint == make_problem().fingerprint


@pytest.mark.parametrize(
    ("severity", "flapping", "effective"),
    [
        ("error", False, "error"),
        ("error", True, "warning"),
        ("warning", False, "warning"),
        ("warning", True, "warning"),
    ],
)
def test_a_flapping_incident_is_a_warning(severity, flapping, effective):
    incident = make_incident(severity=severity, flapping=flapping)
    assert incident.effective_severity == effective


def test_an_incident_is_open_until_it_is_closed():
    assert make_incident(state="acknowledged").is_open
    assert make_incident(state="muted").is_open
    assert not make_incident(closed_at=NOON).is_open


def test_an_incident_lasts_until_it_is_closed():
    opened_at = NOON - timedelta(hours=1)
    now = NOON + timedelta(hours=1)
    assert make_incident(opened_at=opened_at).duration(now) == timedelta(hours=2)
    closed = make_incident(opened_at=opened_at, closed_at=NOON)
    assert closed.duration(now) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("streak", "significant"),
    [
        (Streak(), False),
        (Streak(process="parse", check="clock", passing=9, checked_at=NOON), False),
        (Streak(failing=1), True),
        (Streak(flipped_at=(NOON,)), True),
        (Streak(accepted_failures=1), True),
    ],
)
def test_a_streak_that_changes_no_decision_is_insignificant(streak, significant):
    assert streak.is_significant is significant
