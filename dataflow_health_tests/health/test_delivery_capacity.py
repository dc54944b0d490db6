from datetime import UTC, datetime, timedelta

from dataflow_health.health.delivery import Delivery
from dataflow_health.health.delivery_capacity import capacity, longest_window

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def sent(minutes_ago: int, **given: object) -> Delivery:
    at = NOW - timedelta(minutes=minutes_ago)
    fields = {"incident_id": 1, "kind": "opened", "channel": "PHONE", "rule": "all", "due_at": at}
    return Delivery.model_validate(fields | {"outcome": "sent", "settled_at": at} | given)


def test_a_rule_that_is_gone_has_the_default_throttle_of_twelve_an_hour() -> None:
    assert capacity("all", "PHONE", {}, [], NOW) == 12
    assert capacity("all", "PHONE", {}, [sent(1), sent(61)], NOW) == 11


def test_one_combined_message_and_those_of_other_channels_count_once_or_not() -> None:
    combined = [sent(1, batch=3), sent(1, batch=3, incident_id=2)]
    assert capacity("all", "PHONE", {}, [*combined, sent(2, channel="MAIL")], NOW) == 11


def test_without_rules_the_window_is_that_of_the_default_throttle() -> None:
    assert longest_window([]) == timedelta(hours=1)
