"""Single messages while the throttle allows, then one combined message."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.alerting.notification_policy import after_success
from dataflow_health.alerting.throttle import batches
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health_tests.health.incident_factories import NOON

PHONE = "PHONE"


def make_rules(at_most):
    throttle = {"at_most": at_most, "every": timedelta(hours=1)}
    rule = {"describes": "All.", "channels": [PHONE], "throttle": throttle}
    return {"all": AlertRule.model_validate(rule)}


def make(number, *, minute=0, kind="opened", channel=PHONE, rule="all"):
    due_at = NOON + timedelta(minutes=minute)
    return Delivery(incident_id=number, kind=kind, channel=channel, rule=rule, due_at=due_at)


def sizes(due, rules, sent=(), now=NOON):
    return [len(each.deliveries) for each in batches(due, rules, sent, now)]


def test_messages_over_the_throttle_are_combined():
    assert sizes([make(n) for n in range(10)], make_rules(3)) == [1, 1, 8]


def test_messages_within_the_throttle_are_single():
    assert sizes([make(n) for n in range(3)], make_rules(3)) == [1, 1, 1]


def test_a_used_up_throttle_holds_back_everything_until_its_window_has_passed():
    sent = [after_success(make(n), NOON + timedelta(seconds=n)) for n in range(3)]
    rules = make_rules(3)
    assert sizes([make(20)], rules, sent, NOON + timedelta(minutes=30)) == []
    assert sizes([make(20)], rules, sent, NOON + timedelta(hours=1)) == [1]


def test_messages_sent_at_the_same_time_each_count():
    sent = [after_success(make(n), NOON, batch=n) for n in range(3)]
    assert sizes([make(20)], make_rules(3), sent) == []
    assert sizes([make(20)], make_rules(4), sent) == [1]


def test_deliveries_combined_into_one_message_count_once():
    sent = [after_success(make(n), NOON, batch=2) for n in range(8)]
    assert sizes([make(20)], make_rules(2), sent) == [1]


def test_a_throttle_counts_its_own_rule_and_channel_only():
    other_rule = [after_success(make(n, rule="other"), NOON, batch=n) for n in range(5)]
    other_channel = [after_success(make(n, channel="CHIEF"), NOON, batch=n) for n in range(5)]
    assert sizes([make(20)], make_rules(1), [*other_rule, *other_channel]) == [1]


def test_a_digest_is_never_throttled():
    sent = [after_success(make(1), NOON)]
    due = [make(2), make(0, kind="digest")]
    (only,) = batches(due, make_rules(1), sent, NOON)
    assert [each.kind for each in only.deliveries] == ["digest"]


def test_deliveries_of_a_rule_that_is_gone_use_the_default_throttle():
    assert sizes([make(n, rule="gone") for n in range(20)], make_rules(1)) == [1] * 11 + [9]


def test_the_oldest_message_goes_first():
    due = [make(2, minute=-1), make(1, minute=-5), make(3, minute=-3)]
    sent = batches(due, make_rules(12), [], NOON)
    assert [each.deliveries[0].incident_id for each in sent] == [1, 3, 2]
    assert {each.channel for each in sent} == {PHONE}


def test_a_message_that_is_not_due_yet_waits():
    assert sizes([make(1, minute=5)], make_rules(3)) == []
    assert sizes([make(1, minute=0)], make_rules(3)) == [1]


@given(st.lists(st.integers(0, 500), unique=True, max_size=60), st.integers(1, 5))
def test_a_throttle_loses_no_message(numbers, at_most):
    sent = batches([make(number) for number in numbers], make_rules(at_most), [], NOON)
    incidents = [each.incident_id for batch in sent for each in batch.deliveries]
    assert sorted(incidents) == sorted(numbers)
    assert len(sent) <= at_most
