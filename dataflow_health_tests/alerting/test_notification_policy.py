"""Messages that an incident calls for, each once."""

from datetime import timedelta

import pytest

from dataflow_health.alerting.notification_policy import (
    after_failure,
    after_success,
    plan_deliveries,
)
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health_tests.health.incident_factories import NOON, make_incident

PHONE, CHIEF = "PHONE", "CHIEF"
RULE = AlertRule.model_validate(
    {
        "describes": "All.",
        "channels": [PHONE],
        "remind_every": "PT4H",
        "escalate": {"after": "PT30M", "channels": [CHIEF]},
    }
)
RULES = {"all": RULE}
OPENED = ("opened", PHONE, "due")
RECOVERED = make_incident(state="resolved", resolution="recovered", closed_at=NOON)


class Deliveries:
    """Deliveries as a store keeps them."""

    def __init__(self):
        self.by_key = {}

    def plan(self, incident, change="", now=NOON, rules=RULES):
        planned = plan_deliveries(incident, change, rules, list(self.by_key.values()), now)
        self.by_key.update({each.key: each for each in planned})
        return [(each.kind, each.channel, each.outcome) for each in planned]

    def send(self, now=NOON):
        for key, each in self.by_key.items():
            if each.outcome == "due":
                self.by_key[key] = after_success(each, now)

    def open_and_send(self):
        self.plan(make_incident(), "opened")
        self.send()


def after(**span):
    return NOON + timedelta(**span)


@pytest.fixture
def deliveries():
    return Deliveries()


def test_an_incident_is_announced_once_on_each_channel(deliveries):
    rules = {"all": RULE.model_copy(update={"channels": (PHONE, CHIEF)})}
    announced = [OPENED, ("opened", CHIEF, "due")]
    assert deliveries.plan(make_incident(), "opened", rules=rules) == announced
    assert deliveries.plan(make_incident(), "updated", rules=rules) == []
    deliveries.send()
    assert deliveries.plan(make_incident(failures=50), "updated", rules=rules) == []


def test_two_rules_with_one_channel_send_one_message(deliveries):
    assert deliveries.plan(make_incident(), "opened", rules={"a": RULE, "b": RULE}) == [OPENED]


def test_a_message_lost_in_a_crash_is_planned_again(deliveries):
    assert deliveries.plan(make_incident(), "") == [OPENED]


def test_a_planned_message_says_which_rule_wants_it_and_waits_for_working_hours():
    rule = RULE.model_copy(
        update={"hours": AlertRule.model_validate(
            {"describes": "Office.", "channels": [PHONE],
             "hours": {"starts": "14:00", "ends": "18:00"}}).hours}
    )  # fmt: skip
    (planned,) = plan_deliveries(make_incident(), "opened", {"office": rule}, [], NOON)
    assert planned == Delivery(
        incident_id=7, kind="opened", channel=PHONE, rule="office", due_at=after(hours=2)
    )


def test_recovery_is_announced_once_to_channels_that_know_of_the_incident(deliveries):
    assert deliveries.plan(RECOVERED, "recovered") == []
    deliveries.open_and_send()
    assert deliveries.plan(RECOVERED, "recovered") == [("recovered", PHONE, "due")]
    assert deliveries.plan(RECOVERED, "") == []


def test_recovery_is_not_announced_by_a_rule_that_does_not_want_it_or_is_gone(deliveries):
    deliveries.open_and_send()
    silent = {"all": RULE.model_copy(update={"recovery": False})}
    assert deliveries.plan(RECOVERED, "recovered", rules=silent) == []
    assert deliveries.plan(RECOVERED, "recovered", rules={}) == []


def test_a_recovery_replaces_a_message_that_was_not_sent_yet(deliveries):
    deliveries.plan(make_incident(), "opened")
    assert sorted(deliveries.plan(RECOVERED, "recovered")) == [
        ("opened", PHONE, "dropped"), ("recovered", PHONE, "due"),
    ]  # fmt: skip
    dropped = deliveries.by_key[7, "opened", 0, PHONE]
    assert dropped.settled_at == NOON


def test_a_dropped_message_announces_no_recovery(deliveries):
    deliveries.plan(make_incident(), "opened")
    for key, each in deliveries.by_key.items():
        deliveries.by_key[key] = each.model_copy(update={"outcome": "dropped"})
    assert deliveries.plan(RECOVERED, "recovered") == []


def test_flapping_is_announced_once_each_time_it_starts(deliveries):
    deliveries.open_and_send()
    flapping = make_incident(flapping=True, flap_count=1)
    assert deliveries.plan(flapping, "flapping") == [("flapping", PHONE, "due")]
    deliveries.send()
    assert deliveries.plan(flapping, "updated") == []
    again = make_incident(flapping=True, flap_count=2)
    assert deliveries.plan(again, "flapping") == [("flapping", PHONE, "due")]


def test_a_flapping_message_replaces_an_unsent_announcement(deliveries):
    deliveries.plan(make_incident(), "opened")
    flapping = make_incident(flapping=True, flap_count=1)
    assert sorted(deliveries.plan(flapping, "flapping")) == [
        ("flapping", PHONE, "due"), ("opened", PHONE, "dropped"),
    ]  # fmt: skip


def test_an_incident_that_nobody_acknowledges_escalates_and_is_repeated(deliveries):
    deliveries.open_and_send()
    assert deliveries.plan(make_incident(), "", after(minutes=29)) == []
    assert deliveries.plan(make_incident(), "", after(minutes=30)) == [("escalated", CHIEF, "due")]
    deliveries.send(after(minutes=30))
    assert deliveries.plan(make_incident(), "", after(hours=4)) == [("reminder", PHONE, "due")]
    deliveries.send(after(hours=4))
    assert deliveries.plan(make_incident(), "", after(hours=7)) == []
    assert deliveries.plan(make_incident(), "", after(hours=8)) == [("reminder", PHONE, "due")]
    sequences = [e.sequence for e in deliveries.by_key.values() if e.kind == "reminder"]
    assert sequences == [1, 2]


def test_an_incident_whose_announcement_is_unsent_neither_escalates_nor_is_repeated(deliveries):
    deliveries.plan(make_incident(), "opened")
    assert deliveries.plan(make_incident(), "", after(hours=9)) == []


def test_escalation_counts_from_the_first_message_of_the_rule(deliveries):
    deliveries.open_and_send()
    for key, each in deliveries.by_key.items():
        deliveries.by_key[key] = each.model_copy(update={"channel": "OTHER"})
    assert ("escalated", CHIEF, "due") not in deliveries.plan(
        make_incident(), "", after(minutes=40)
    )


def test_a_rule_without_reminders_and_escalation_sends_one_message(deliveries):
    plain = {"all": RULE.model_copy(update={"remind_every": None, "escalate": None})}
    assert deliveries.plan(make_incident(), "opened", rules=plain) == [OPENED]
    deliveries.send()
    assert deliveries.plan(make_incident(), "", after(days=9), plain) == []


@pytest.mark.parametrize("state", ["acknowledged", "muted"])
def test_an_acknowledged_or_muted_incident_sends_nothing_more(deliveries, state):
    deliveries.open_and_send()
    assert deliveries.plan(make_incident(state=state), "updated", after(hours=9)) == []


def test_an_incident_muted_before_its_announcement_is_announced_when_the_mute_ends(deliveries):
    assert deliveries.plan(make_incident(state="muted", mute_count=1), "opened") == []
    assert deliveries.plan(make_incident(mute_count=1), "unmuted") == [OPENED]
    deliveries.send()
    again = make_incident(mute_count=2)
    assert deliveries.plan(again, "unmuted") == [("unmuted", PHONE, "due")]


def test_a_rule_that_does_not_match_sends_nothing(deliveries):
    rules = {"red": RULE.model_copy(update={"severities": ("warning",)})}
    assert deliveries.plan(make_incident(), "opened", rules=rules) == []


def test_the_delay_after_a_failed_attempt_doubles_up_to_two_minutes():
    delivery = Delivery(incident_id=1, kind="opened", channel=PHONE, rule="all", due_at=NOON)
    delays = []
    for _ in range(8):
        delivery = after_failure(delivery, "refused", NOON)
        delays.append((delivery.due_at - NOON).total_seconds())
    assert delays == [30, 60, 120, 120, 120, 120, 120, 120]
    assert (delivery.attempts, delivery.error, delivery.outcome) == (8, "refused", "due")


def test_a_sent_message_forgets_the_error_of_the_attempt_before():
    due = Delivery(incident_id=1, kind="opened", channel=PHONE, rule="all", due_at=NOON)
    sent = after_success(after_failure(due, "refused", NOON), after(minutes=1), batch=3)
    assert (sent.outcome, sent.error, sent.attempts, sent.batch) == ("sent", "", 2, 3)
    assert sent.settled_at == after(minutes=1)
    assert after_success(due, NOON).batch == 0


def test_a_channel_with_only_dropped_messages_is_not_reminded_of_an_incident():
    dropped = Delivery(
        incident_id=7, kind="opened", channel=PHONE, rule="all", due_at=NOON,
        outcome="dropped", settled_at=NOON,
    )  # fmt: skip
    unmuted = make_incident(mute_count=1)
    assert list(plan_deliveries(unmuted, "unmuted", RULES, [dropped], after(days=2))) == []
    sent = dropped.model_copy(update={"outcome": "sent"})
    kinds = [e.kind for e in plan_deliveries(unmuted, "unmuted", RULES, [sent], NOON)]
    assert kinds == ["unmuted"]
