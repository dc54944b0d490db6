"""Messages that may be sent now: one per delivery within the throttle, the rest combined."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.delivery_capacity import capacity
from dataflow_health.health.frozen_model import FrozenModel


class Batch(FrozenModel):
    """Deliveries that are sent as one message.

    Attributes:
        channel: Environment variable that holds the channel's URL.
        deliveries: One delivery, or all that exceed a throttle.
    """

    channel: str
    deliveries: tuple[Delivery, ...]


def batches(
    due: Iterable[Delivery],
    rules: Mapping[str, AlertRule],
    sent: Sequence[Delivery],
    now: datetime,
) -> tuple[Batch, ...]:
    """Messages to send now, oldest first within each rule and channel.

    Args:
        due: Unsent deliveries.
        rules: Alert rules by name. Deliveries of a rule that no longer exists use the default
            throttle.
        sent: Deliveries sent within the longest throttle window.
        now: Current time.
    """
    queues: dict[tuple[str, str, bool], list[Delivery]] = defaultdict(list)
    for each in sorted(due, key=lambda each: (each.due_at, each.key)):
        if each.due_at <= now:
            queues[each.rule, each.channel, each.kind == "finding"].append(each)
    return tuple(
        Batch(channel=channel, deliveries=deliveries)
        for (name, channel, _), queue in queues.items()
        for deliveries in _split(queue, capacity(name, channel, rules, sent, now))
    )


def _split(queue: Sequence[Delivery], capacity: int) -> Iterator[tuple[Delivery, ...]]:
    """Groups of one while the capacity lasts, then all others; a digest is never throttled."""
    digests = [each for each in queue if each.kind == "digest"]
    yield from ((each,) for each in digests)
    alerts = [each for each in queue if each.kind != "digest"]
    if capacity <= 0:
        return
    single = len(alerts) if len(alerts) <= capacity else capacity - 1
    yield from ((each,) for each in alerts[:single])
    if alerts[single:]:
        yield tuple(alerts[single:])
