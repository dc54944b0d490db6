from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health.health.alert_rule import WEEKDAYS, AlertRule, WorkingHours
from dataflow_health_tests.health.incident_factories import make_incident

ZURICH = ZoneInfo("Europe/Zurich")
OFFICE = WorkingHours(starts="07:00", ends="19:00", days=("mon", "tue", "wed", "thu", "fri"))
NIGHT = WorkingHours(starts="19:00", ends="07:00", zone="Europe/Zurich")


def rule(**more):
    return AlertRule(describes="Test.", channels=("PHONE",), **more)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 8, tzinfo=UTC)),
        (datetime(2026, 11, 20, 19, tzinfo=UTC), datetime(2026, 11, 23, 7, tzinfo=UTC)),
        (datetime(2026, 11, 20, 6, 59, tzinfo=UTC), datetime(2026, 11, 20, 7, tzinfo=UTC)),
    ],
)
def test_office_hours_wait_for_the_next_weekday(now, opens):
    assert OFFICE.opens(now) == opens


def test_a_night_shift_goes_past_midnight_in_its_own_zone():
    late = datetime(2026, 11, 20, 2, tzinfo=ZURICH)
    assert NIGHT.opens(late) == late
    noon = datetime(2026, 11, 20, 12, tzinfo=ZURICH)
    assert NIGHT.opens(noon) == datetime(2026, 11, 20, 19, tzinfo=ZURICH)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_what_waits_goes_out_inside_and_never_before_now(now, days):
    hours = WorkingHours(starts="22:30", ends="04:00", days=tuple(days), zone="Europe/Zurich")
    opens = hours.opens(now)
    assert opens >= now
    assert hours.opens(opens) == opens


def test_a_rule_matches_by_process_check_cause_severity_and_aircraft():
    assert rule().matches(make_incident())
    assert rule(processes=("par*",), causes=("no_*",)).matches(make_incident())
    assert not rule(processes=("load",)).matches(make_incident())
    assert not rule(checks=("conservation",)).matches(make_incident())
    assert not rule(severities=("warning",)).matches(make_incident())
    assert rule(tails=("HB-ZA*",)).matches(make_incident())
    assert not rule(tails=("D-*",)).matches(make_incident())
    assert rule(tails=("D-*",)).matches(make_incident(tails=()))


def test_nonsense_is_refused_with_what_would_be_right():
    with pytest.raises(ValidationError, match="no time zone"):
        WorkingHours(starts="07:00", ends="19:00", zone="Zurich")
    with pytest.raises(ValidationError, match="starts and ends are both"):
        WorkingHours(starts="07:00", ends="07:00")
    with pytest.raises(ValidationError, match="channels"):
        AlertRule(describes="Test.", channels=("https://secret@example",))
