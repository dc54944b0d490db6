from datetime import timedelta

import pytest

from dataflow_health.alerting import incident_actions
from dataflow_health.errors import NotAllowed
from dataflow_health_tests.health.incidents import NOON, make_incident

TICKET = "https://tickets.example/7"
TOMORROW = NOON + timedelta(days=1)


def test_an_acknowledged_incident_says_who_and_since_when():
    done = incident_actions.acknowledge(make_incident(), "anna", "on it", NOON)
    assert (done.state, done.acknowledged_by, done.acknowledged_at) == (
        "acknowledged",
        "anna",
        NOON,
    )


def test_a_mute_has_an_end_and_a_ticket():
    done = incident_actions.mute(make_incident(), "anna", "", NOON, until=TOMORROW, ticket=TICKET)
    assert (done.state, done.muted_until, done.mutes) == ("muted", TOMORROW, 1)
    assert incident_actions.unmute(done, "", NOON).state == "open"


@pytest.mark.parametrize(
    ("until", "ticket", "why"),
    [
        (NOON, TICKET, "ends after now"),
        (NOON + timedelta(days=91), TICKET, "within 90 days"),
        (TOMORROW, "soon", "URL of a ticket"),
        (TOMORROW, "javascript:alert(1)", "URL of a ticket"),
        (TOMORROW, "https://", "URL of a ticket"),
    ],
)
def test_a_mute_without_end_or_ticket_is_refused(until, ticket, why):
    with pytest.raises(NotAllowed, match=why):
        incident_actions.mute(make_incident(), "anna", "", NOON, until=until, ticket=ticket)


def test_it_is_resolved_with_a_reason():
    done = incident_actions.resolve(
        make_incident(), "anna", "sensor was off", NOON, how="false_alarm"
    )
    assert (done.state, done.resolution, done.closed_at) == ("resolved", "false_alarm", NOON)
    with pytest.raises(NotAllowed, match="no resolution"):
        incident_actions.resolve(make_incident(), "anna", "", NOON, how="recovered")


def test_what_has_ended_is_left_alone():
    ended = incident_actions.resolve(make_incident(), "anna", "", NOON, how="fixed")
    for act in (
        lambda: incident_actions.acknowledge(ended, "ben", "", NOON),
        lambda: incident_actions.mute(ended, "ben", "", NOON, until=TOMORROW, ticket=TICKET),
        lambda: incident_actions.resolve(ended, "ben", "", NOON, how="fixed"),
    ):
        with pytest.raises(NotAllowed, match="incident 7 ended"):
            act()
    with pytest.raises(NotAllowed, match="not muted"):
        incident_actions.unmute(make_incident(), "", NOON)
