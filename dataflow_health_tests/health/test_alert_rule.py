"""Matching, working hours and channels of alert rules."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataflow_health.flight.algorithms import finding
from dataflow_health.health import alert_rule
from dataflow_health.health.alert_rule import (
    WEEKDAYS,
    AlertRule,
    Throttle,
    WorkingHours,
    configured_rules,
)
from dataflow_health_tests.health.incident_factories import make_problem

ZURICH = ZoneInfo("Europe/Zurich")
OFFICE = WorkingHours(starts="07:00", ends="19:00", days=("mon", "tue", "wed", "thu", "fri"))
NIGHT = WorkingHours(starts="19:00", ends="07:00", zone="Europe/Zurich")


def make_rule(**given):
    return AlertRule.model_validate({"describes": "Test.", "channels": ("PHONE",)} | given)


def utc(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (utc(20, 8), utc(20, 8)),
        (utc(20, 7), utc(20, 7)),
        (utc(20, 18, 59), utc(20, 18, 59)),
        (utc(20, 19), utc(23, 7)),
        (utc(20, 6, 59), utc(20, 7)),
        (utc(22, 12), utc(23, 7)),
    ],
)
def test_office_hours_wait_for_the_next_weekday(now, opens):
    assert OFFICE.next_open(now) == opens


def test_a_night_shift_goes_past_midnight_in_its_own_zone():
    late = datetime(2026, 11, 20, 2, tzinfo=ZURICH)
    assert NIGHT.next_open(late) == late
    noon = datetime(2026, 11, 20, 12, tzinfo=ZURICH)
    assert NIGHT.next_open(noon) == datetime(2026, 11, 20, 19, tzinfo=ZURICH)


def test_a_night_shift_belongs_to_the_day_on_which_it_starts():
    friday_night = WorkingHours(starts="22:00", ends="04:00", days=("fri",))
    saturday_early = utc(21, 3)
    assert friday_night.next_open(saturday_early) == saturday_early
    assert friday_night.next_open(utc(20, 3)) == utc(20, 22)
    assert friday_night.next_open(utc(21, 4)) == utc(27, 22)


def test_the_next_opening_is_in_the_zone_of_the_question():
    opens = NIGHT.next_open(utc(20, 11))
    assert opens.tzinfo is UTC
    assert opens == utc(20, 18)


TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(TIMES, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_the_next_opening_is_inside_and_never_before_now(now, days):
    hours = WorkingHours(starts="22:30", ends="04:00", days=tuple(days), zone="Europe/Zurich")
    opens = hours.next_open(now)
    assert now <= opens <= now + timedelta(days=7, hours=1)
    assert hours.next_open(opens) == opens


def test_a_rule_matches_by_process_check_cause_severity_and_aircraft():
    problem = make_problem(tails=("HB-ZAC",))
    assert make_rule().matches(problem)
    assert make_rule(processes=("par*",), checks=("frames_*",), causes=("no_*",)).matches(problem)
    assert not make_rule(processes=("load",)).matches(problem)
    assert not make_rule(checks=("conservation",)).matches(problem)
    assert not make_rule(causes=("crc_error",)).matches(problem)
    assert not make_rule(severities=("warning",)).matches(problem)
    assert make_rule(severities=("warning", "error")).matches(problem)
    assert make_rule(tails=("HB-ZA*",)).matches(problem)
    assert not make_rule(tails=("D-*",)).matches(problem)
    assert make_rule(tails=("D-*",)).matches(make_problem())


def test_a_rule_with_findings_matches_findings_and_no_problem():
    selector = {"severities": ["alert"], "algorithms": ["engine_*"], "tails": ["HB-*"]}
    rule = make_rule(findings=selector)
    assert not rule.matches(make_problem())
    assert rule.findings.matches("alert", "engine_torque_high", "HB-ZAC")
    assert not rule.findings.matches("warning", "engine_torque_high", "HB-ZAC")
    assert not rule.findings.matches("alert", "rotor_droop", "HB-ZAC")
    assert not rule.findings.matches("alert", "engine_torque_high", "D-HAAA")


def test_the_severities_of_findings_are_those_that_algorithms_give():
    assert get_args(alert_rule.FindingSeverity) == get_args(finding.FindingSeverity)


def test_one_matching_pattern_and_one_matching_aircraft_are_enough():
    problem = make_problem(tails=("D-HAAA", "HB-ZAC"))
    assert make_rule(tails=("F-*", "HB-*")).matches(problem)


def test_patterns_are_case_sensitive():
    assert not make_rule(processes=("Parse",)).matches(make_problem())


def test_a_rule_without_hours_sends_at_any_time():
    assert make_rule().next_send_at(utc(21, 3)) == utc(21, 3)
    assert make_rule(hours=OFFICE).next_send_at(utc(21, 3)) == utc(23, 7)


def test_defaults_are_twelve_messages_an_hour_at_any_severity_with_recovery():
    rule = make_rule()
    assert rule.throttle == Throttle(at_most=12, every=timedelta(hours=1))
    assert (rule.recovery, rule.remind_every, rule.escalate, rule.digest_at) == (
        True, None, None, None,
    )  # fmt: skip
    assert rule.zone == "UTC"
    assert make_rule(hours={"starts": "07:00", "ends": "19:00"}).hours.days == WEEKDAYS


ESCALATE = {"after": "PT30M", "channels": ("CHIEF", "BOSS")}


def test_all_channels_include_those_of_the_escalation():
    assert make_rule().all_channels() == ("PHONE",)
    assert make_rule(escalate=ESCALATE).all_channels() == ("PHONE", "CHIEF", "BOSS")


def test_configured_rules_keep_only_channels_that_are_set():
    rule = make_rule(channels=("PHONE", "MAIL"), escalate=ESCALATE)
    url = "json://127.0.0.1/"
    assert configured_rules({"all": rule}, {}) == {}
    assert configured_rules({"all": rule}, {"PHONE": "", "CHIEF": url}) == {}
    some = configured_rules({"all": rule}, {"MAIL": url, "BOSS": url})["all"]
    assert some.channels == ("MAIL",)
    assert some.escalate.channels == ("BOSS",)
    assert configured_rules({"all": rule}, {"PHONE": url})["all"].escalate is None
    every = dict.fromkeys(rule.all_channels(), url)
    assert configured_rules({"all": rule}, every) == {"all": rule}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"zone": "Zurich"}, "'Zurich' is no time zone, write one as Europe/Zurich"),
        ({"hours": {"starts": "07:00", "ends": "19:00", "zone": "X"}}, "'X' is no time zone"),
        ({"hours": {"starts": "07:00", "ends": "07:00"}}, "starts and ends are both 07:00"),
        ({"hours": {"starts": "24:00", "ends": "07:00"}}, "starts"),
        ({"hours": {"starts": "7:00", "ends": "19:00"}}, "starts"),
        ({"hours": {"starts": "07:00", "ends": "19:00", "days": []}}, "days"),
        ({"channels": ("https://secret@example",)}, "channels"),
        ({"channels": ()}, "channels"),
        ({"describes": ""}, "describes"),
        ({"severities": ()}, "severities"),
        ({"processes": ("",)}, "processes"),
        ({"throttle": {"at_most": 0}}, "at_most"),
        ({"escalate": {"after": "PT1M", "channels": []}}, "channels"),
        ({"remind_every": "PT0S"}, "remind_every"),
        ({"digest_at": "6 o'clock"}, "digest_at"),
        ({"findings": {"severities": ["error"]}}, "findings.severities"),
        ({"findings": {}, "tails": ("HB-*",)}, "a rule with findings sends no incidents; remove"),
    ],
)
def test_an_invalid_rule_is_refused_with_its_key(given, message):
    with pytest.raises(ValidationError, match=message):
        make_rule(**given)
