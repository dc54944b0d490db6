from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.notification_policy import Delivery, batches, retried, sent, wanted
from dataflow_health_tests.health.incidents import NOON, make_incident

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


class Ledger:
    """Deliveries as they would be kept."""

    def __init__(self):
        self.kept = {}

    def want(self, told, change="", now=NOON, rules=RULES):
        fresh = wanted(told, change, rules, list(self.kept.values()), now)
        self.kept.update({each.key: each for each in fresh})
        return [(each.kind, each.channel, each.outcome) for each in fresh]

    def send(self, now=NOON):
        for key, each in self.kept.items():
            if each.outcome == "due":
                self.kept[key] = sent(each, now)


def later(**span):
    return NOON + timedelta(**span)


def test_an_incident_is_told_once_on_each_channel():
    ledger = Ledger()
    assert ledger.want(make_incident(), "opened") == [("opened", PHONE, "due")]
    assert ledger.want(make_incident(), "updated") == []
    ledger.send()
    assert ledger.want(make_incident(failures=50), "updated") == []


def test_what_a_crash_took_away_is_wanted_again():
    assert Ledger().want(make_incident(), "") == [("opened", PHONE, "due")]


def test_its_end_is_told_once_to_those_who_heard_of_it():
    ledger = Ledger()
    ended = make_incident(state="resolved", resolution="recovered", closed_at=NOON)
    assert ledger.want(ended, "recovered") == []
    ledger.want(make_incident(), "opened")
    ledger.send()
    assert ledger.want(ended, "recovered") == [("recovered", PHONE, "due")]
    assert ledger.want(ended, "") == []


def test_an_end_that_comes_before_the_message_went_out_is_told_instead():
    ledger = Ledger()
    ledger.want(make_incident(), "opened")
    ended = make_incident(state="resolved", resolution="recovered", closed_at=NOON)
    assert sorted(ledger.want(ended, "recovered")) == [
        ("opened", PHONE, "dropped"), ("recovered", PHONE, "due"),
    ]  # fmt: skip


def test_flapping_is_one_notice():
    ledger = Ledger()
    ledger.want(make_incident(), "opened")
    ledger.send()
    unstable = make_incident(flapping=True, flaps=1)
    assert ledger.want(unstable, "flapping") == [("flapping", PHONE, "due")]
    ledger.send()
    assert ledger.want(unstable, "updated") == []


def test_nobody_answers_so_somebody_else_is_told_and_it_is_said_again():
    ledger = Ledger()
    ledger.want(make_incident(), "opened")
    ledger.send()
    assert ledger.want(make_incident(), "", later(minutes=29)) == []
    assert ledger.want(make_incident(), "", later(minutes=30)) == [("escalated", CHIEF, "due")]
    ledger.send(later(minutes=30))
    assert ledger.want(make_incident(), "", later(hours=4)) == [("reminder", PHONE, "due")]
    ledger.send(later(hours=4))
    assert ledger.want(make_incident(), "", later(hours=7)) == []
    assert ledger.want(make_incident(), "", later(hours=8)) == [("reminder", PHONE, "due")]


def test_the_acknowledged_and_the_muted_are_quiet():
    for state in ("acknowledged", "muted"):
        ledger = Ledger()
        ledger.want(make_incident(), "opened")
        ledger.send()
        assert ledger.want(make_incident(state=state), "updated", later(hours=9)) == []


def test_what_is_muted_before_it_was_told_is_told_when_it_comes_back():
    ledger = Ledger()
    assert ledger.want(make_incident(state="muted", mutes=1), "opened") == []
    assert ledger.want(make_incident(mutes=1), "unmuted") == [("opened", PHONE, "due")]
    ledger.send()
    assert ledger.want(make_incident(mutes=2), "unmuted") == [("unmuted", PHONE, "due")]


def test_a_rule_that_does_not_match_tells_nothing():
    rules = {"red": RULE.model_copy(update={"severities": ("warning",)})}
    assert Ledger().want(make_incident(), "opened", rules=rules) == []


def test_a_failed_send_waits_longer_each_time_but_never_more_than_a_quarter_hour():
    delivery = Delivery(incident_id=1, kind="opened", channel=PHONE, rule="all", due_at=NOON)
    waits = []
    for _ in range(8):
        delivery = retried(delivery, "refused", NOON)
        waits.append((delivery.due_at - NOON).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    assert (delivery.attempts, delivery.error, delivery.outcome) == (8, "refused", "due")


def make(number, minute=0):
    at = NOON + timedelta(minutes=minute)
    return Delivery(incident_id=number, kind="opened", channel=PHONE, rule="all", due_at=at)


def throttled(most):
    throttle = {"at_most": most, "every": timedelta(hours=1)}
    return {"all": AlertRule.model_validate(RULE.model_dump() | {"throttle": throttle})}


def test_what_is_over_the_throttle_goes_out_together():
    rules = throttled(3)
    made = batches([make(n) for n in range(10)], rules, [], NOON)
    assert [len(each.deliveries) for each in made] == [1, 1, 8]
    recent = [sent(make(n), NOON + timedelta(seconds=n)) for n in range(3)]
    later_on = NOON + timedelta(minutes=30)
    assert batches([make(20)], rules, recent, later_on) == ()
    assert len(batches([make(20)], rules, recent, NOON + timedelta(minutes=61))) == 1


@given(st.lists(st.integers(0, 500), unique=True, max_size=60), st.integers(1, 5))
def test_no_message_is_lost_to_a_throttle(numbers, most):
    rules = throttled(most)
    due = [make(number) for number in numbers]
    out = batches(due, rules, [], NOON)
    told = [each.incident_id for batch in out for each in batch.deliveries]
    assert sorted(told) == sorted(numbers)
    assert len(out) <= most


def test_what_is_not_due_yet_waits():
    assert batches([make(1, minute=5)], RULES, [], NOON) == ()
