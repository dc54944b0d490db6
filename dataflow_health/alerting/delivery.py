"""Delivery of due messages: sent first, then saved as sent.

A process that dies in between repeats one message; none is lost, because a due message stays due.
A failed message becomes due again after a delay that doubles up to 2 minutes.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from loguru import logger

from dataflow_health.alerting import messages, throttle
from dataflow_health.alerting.incident_store import IncidentReader, IncidentStore
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.notification_policy import after_failure, after_success
from dataflow_health.alerting.throttle import Batch
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.delivery_capacity import longest_window

BUDGET_S = 25.0
"""Dagster aborts a sensor tick after 60 s; messages not sent by then wait for the next tick."""

Send = Callable[[str, Message], str]
"""Sends a message to the URL of a channel. Returns why that failed; empty when it was sent."""

Make = Callable[[Sequence[Delivery]], Message]
"""Writes the message of some deliveries of one kind."""

Makers = Mapping[str, Make | None]
"""Writers by kind of message that is about no incident; None when it cannot be written now."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Rules, channels and transport of messages.

    Attributes:
        rules: Alert rules by name.
        environment: Environment variables that hold the channels' URLs.
        links: Targets and owners named in messages.
        send: Sends one message.
        pause: Called with the name of each step; tests stop the process there.
    """

    rules: Mapping[str, AlertRule]
    environment: Mapping[str, str]
    links: MessageLinks
    send: Send
    pause: Callable[[str], None] = lambda _step: None


def deliver(
    store: IncidentStore,
    notifier: Notifier,
    now: datetime,
    make_digest: Callable[[], Message] | None = None,
    make_finding: Make | None = None,
) -> tuple[Delivery, ...]:
    """Sends due messages as far as throttles and time allow.

    Args:
        store: Store of deliveries.
        notifier: Rules, channels and transport.
        now: Current time.
        make_digest: Writes the daily digest; digests stay due when not given.
        make_finding: Writes a message about findings; they stay due when not given.

    Returns:
        Deliveries attempted.

    Raises:
        DatabaseError: The store is unreachable.
    """
    makers = {
        "digest": (lambda _deliveries: make_digest()) if make_digest else None,
        "finding": make_finding,
    }
    with store.sending():
        deadline_s = time.monotonic() + BUDGET_S
        attempted: list[Delivery] = []
        for number, batch in enumerate(_batches(store, notifier, now, makers)):
            if time.monotonic() > deadline_s:
                break
            with store.reading() as stored:
                message = _message(stored, batch, notifier.links, now, makers)
            attempted += _send(store, notifier, batch, message, number, now)
        return tuple(attempted)


def _batches(
    store: IncidentStore,
    notifier: Notifier,
    now: datetime,
    makers: Makers,
) -> Sequence[Batch]:
    longest = longest_window(notifier.rules.values())
    with store.reading() as stored:
        due = stored.due_deliveries()
        sent = stored.sent_since(now - longest) if due else ()
    due = [each for each in due if makers.get(each.kind, True) is not None]
    return throttle.batches(due, notifier.rules, sent, now)


def _send(
    store: IncidentStore,
    notifier: Notifier,
    batch: Batch,
    message: Message,
    number: int,
    now: datetime,
) -> Sequence[Delivery]:
    url = notifier.environment.get(batch.channel, "")
    notifier.pause("before sending")
    error = notifier.send(url, message) if url else f"{batch.channel} is not set"
    notifier.pause("after sending")
    if error:
        logger.warning("message to {} was not sent: {}", batch.channel, error)
        attempted = [after_failure(each, error, now) for each in batch.deliveries]
    else:
        attempted = [after_success(each, now, batch=number) for each in batch.deliveries]
    with store.writing() as stored:
        stored.save_deliveries(attempted)
    notifier.pause("after saving")
    return attempted


def _message(
    stored: IncidentReader,
    batch: Batch,
    links: MessageLinks,
    now: datetime,
    makers: Makers,
) -> Message:
    """The message about the incidents as they are now, not as they were when it became due."""
    if make := makers.get(batch.deliveries[0].kind):
        return make(batch.deliveries)
    incidents = [(stored.incident(each.incident_id), each.kind) for each in batch.deliveries]
    if len(incidents) == 1:
        return messages.incident_message(*incidents[0], links, now)
    return messages.combined_message(incidents, links, now)
