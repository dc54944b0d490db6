"""Messages that the throttle of an alert rule still allows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from dataflow_health.health.alert_rule import AlertRule, Throttle
from dataflow_health.health.delivery import Delivery


def longest_window(rules: Iterable[AlertRule]) -> timedelta:
    """Time for which sent deliveries count in the throttle of a rule."""
    return max((rule.throttle.every for rule in rules), default=Throttle().every)


def capacity(
    name: str,
    channel: str,
    rules: Mapping[str, AlertRule],
    sent: Iterable[Delivery],
    now: datetime,
) -> int:
    """Messages that a rule may still send on a channel now; below 0 when overdrawn.

    Args:
        name: Name of the rule; one that no longer exists has the default throttle.
        channel: Environment variable that holds the channel's URL.
        rules: Alert rules by name.
        sent: Deliveries sent within the throttle's window or longer.
        now: Current time, UTC.
    """
    throttle = rules[name].throttle if name in rules else Throttle()
    recent = {
        (each.settled_at, each.batch)
        for each in sent
        if (each.rule, each.channel) == (name, channel)
        and each.settled_at is not None
        and each.settled_at > now - throttle.every
    }
    return throttle.at_most - len(recent)
