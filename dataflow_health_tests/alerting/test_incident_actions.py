"""Operator actions on an incident, and their refusals."""

from datetime import timedelta

import pytest

from dataflow_health.alerting import incident_actions
from dataflow_health.errors import NotAllowed
from dataflow_health_tests.health.incident_factories import MINUTE, NOON, make_incident

TICKET = "https://tickets.example/7"
TOMORROW = NOON + timedelta(days=1)
LATER = NOON + MINUTE


def mute(incident, until=TOMORROW, ticket=TICKET):
    return incident_actions.mute(incident, "anna", "noisy", LATER, until=until, ticket=ticket)


def test_an_acknowledged_incident_says_by_whom_and_since_when():
    incident = make_incident()
    assert incident_actions.acknowledge(incident, "anna", "on it", LATER) == incident.model_copy(
        update={
            "state": "acknowledged",
            "acknowledged_by": "anna",
            "acknowledged_at": LATER,
            "note": "on it",
            "updated_at": LATER,
        }
    )


def test_a_muted_incident_says_by_whom_until_when_and_why():
    incident = make_incident(mute_count=2)
    assert mute(incident) == incident.model_copy(
        update={
            "state": "muted",
            "muted_until": TOMORROW,
            "mute_ticket": TICKET,
            "muted_by": "anna",
            "mute_count": 3,
            "note": "noisy",
            "updated_at": LATER,
        }
    )


def test_an_unmuted_incident_is_open_and_keeps_its_ticket():
    unmuted = incident_actions.unmute(mute(make_incident()), "fixed", LATER)
    assert (unmuted.state, unmuted.muted_until, unmuted.note) == ("open", None, "fixed")
    assert unmuted.mute_ticket == TICKET


@pytest.mark.parametrize(
    ("until", "ticket", "message"),
    [
        (LATER, TICKET, "must end in the future"),
        (LATER + timedelta(days=90, seconds=1), TICKET, "within 90 days"),
        (TOMORROW, "soon", "URL of a ticket"),
        (TOMORROW, "javascript:alert(1)", "URL of a ticket"),
        (TOMORROW, "ftp://tickets.example/7", "URL of a ticket"),
        (TOMORROW, "https://", "URL of a ticket"),
    ],
)
def test_a_mute_without_a_valid_end_or_ticket_is_refused(until, ticket, message):
    with pytest.raises(NotAllowed, match=message):
        mute(make_incident(), until, ticket)


def test_the_longest_mute_ends_in_ninety_days():
    until = LATER + timedelta(days=90)
    assert mute(make_incident(), until, "http://tickets.example/7").muted_until == until


def test_a_resolved_incident_says_by_whom_and_how():
    incident = make_incident()
    assert incident_actions.resolve(
        incident, "anna", "sensor was off", LATER, how="false_alarm"
    ) == incident.model_copy(
        update={
            "state": "resolved",
            "resolution": "false_alarm",
            "resolved_by": "anna",
            "closed_at": LATER,
            "note": "sensor was off",
            "updated_at": LATER,
        }
    )


@pytest.mark.parametrize("how", ["recovered", "gone", ""])
def test_an_operator_cannot_choose_another_resolution(how):
    with pytest.raises(NotAllowed, match="no resolution; use one of false_alarm, bad_data"):
        incident_actions.resolve(make_incident(), "anna", "", NOON, how=how)


def test_an_ended_incident_cannot_be_changed():
    ended = incident_actions.resolve(make_incident(), "anna", "", NOON, how="fixed")
    for act in (
        lambda: incident_actions.acknowledge(ended, "ben", "", NOON),
        lambda: mute(ended),
        lambda: incident_actions.resolve(ended, "ben", "", NOON, how="fixed"),
    ):
        with pytest.raises(NotAllowed, match="incident 7 ended at 2026-11-20 12:00Z"):
            act()
    with pytest.raises(NotAllowed, match="incident 7 is resolved, not muted"):
        incident_actions.unmute(ended, "", NOON)
