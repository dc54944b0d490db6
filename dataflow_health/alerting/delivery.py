"""Messages sent: decided before, sent here, and only then written down as sent.

A process that dies between sending and writing repeats one message; none is ever lost, because what
is due stays due. A send that fails is due again, later and later.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.alerting import digest, messages
from dataflow_health.alerting.messages import Message, MessageLinks
from dataflow_health.health import notification_policy
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.incident import Incident
from dataflow_health.health.notification_policy import Batch, Delivery
from dataflow_health.storage.records import incidents, message_queue
from dataflow_health.storage.sql import locks
from dataflow_health.storage.sql.database import reading, writing

BUDGET_S = 25.0
"""A tick of a sensor is given up after 60 s, so what is not sent by then waits for the next one."""

SENDER_LOCK = "messages"
"""Who sends takes turns under this name, or two would send the same."""

Send = Callable[[str, Message], str]
"""Sends a message to the URL; gives why it could not, empty when it could."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """What sending needs.

    Attributes:
        rules: By name.
        environment: Where channels' URLs are.
        place: Where links lead.
        send: Sends one message.
        pause: Called between the steps of sending, by name; tests stop the process there.
    """

    rules: Mapping[str, AlertRule]
    environment: Mapping[str, str]
    place: MessageLinks
    send: Send
    pause: Callable[[str], None] = lambda _step: None


def deliver(engine: Engine, post: Notifier, now: datetime) -> tuple[Delivery, ...]:
    """Sends what is due, as far as throttles and time allow; gives what was tried.

    Raises:
        DatabaseError: The database does not answer.
    """
    with locks.acquire(engine, SENDER_LOCK):
        return _delivered(engine, post, now)


def _delivered(engine: Engine, post: Notifier, now: datetime) -> tuple[Delivery, ...]:
    started_s = time.monotonic()
    waiting = message_queue.find_due(engine)
    if not waiting:
        return ()
    longest = max((rule.throttle.every for rule in post.rules.values()), default=timedelta(hours=1))
    recent = message_queue.find_sent(engine, now - longest)
    tried: list[Delivery] = []
    for batch in notification_policy.batches(waiting, post.rules, recent, now):
        if time.monotonic() - started_s > BUDGET_S:
            break
        tried += _sent(engine, post, batch, now)
    return tuple(tried)


def _sent(engine: Engine, post: Notifier, batch: Batch, now: datetime) -> Sequence[Delivery]:
    message = _written(engine, batch.deliveries, post.place, now)
    url = post.environment.get(batch.channel, "")
    post.pause("before sending")
    fault = post.send(url, message) if url else f"{batch.channel} is not set"
    post.pause("after sending")
    if fault:
        logger.warning("message to {}: {}", batch.channel, fault)
        settled = [notification_policy.retried(each, fault, now) for each in batch.deliveries]
    else:
        settled = [notification_policy.sent(each, now) for each in batch.deliveries]
    with writing(engine) as connection:
        message_queue.save(connection, settled)
    post.pause("after writing")
    return settled


def _written(
    engine: Engine, deliveries: Sequence[Delivery], place: MessageLinks, now: datetime
) -> Message:
    """The text, from the incidents as they are now rather than when the message became due."""
    if any(each.kind == "digest" for each in deliveries):
        return digest.digest_message(digest.collect_digest(engine, now), place.owners)
    with reading(engine) as connection:
        told: Iterable[tuple[Incident, Delivery]] = [
            (incidents.get(connection, each.incident_id), each) for each in deliveries
        ]
        pairs = [(incident, each.kind) for incident, each in told]
    if len(pairs) == 1:
        return messages.incident_message(*pairs[0], place, now)
    return messages.combined_message(pairs, place, now)
