"""Repeats open incidents to Alertmanager in every alert cycle.

Alertmanager keeps alerts in memory: after its restart it has none, and an alert that no one repeats
ends by itself. Messages are for people and are sent once; these repetitions notify no one.
"""

from collections.abc import Sequence
from datetime import datetime

from loguru import logger

from dataflow_health.alerting import alertmanager_channel, messages
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.incident_store import IncidentStore
from dataflow_health.alerting.message_format import Message
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident


def refresh(store: IncidentStore, notifier: Notifier, now: datetime) -> dict[str, int]:
    """Sends the open incidents that each Alertmanager was notified of.

    Args:
        store: Store of incidents and deliveries.
        notifier: Rules, channels and transport.
        now: Current time, UTC.

    Returns:
        Number of alerts that were sent, by channel.

    Raises:
        DatabaseError: The store is unreachable.
    """
    channels = {
        name: url
        for rule in notifier.rules.values()
        for name in rule.all_channels()
        if alertmanager_channel.accepts(url := notifier.environment.get(name, ""))
    }
    if not channels:
        return {}
    with store.reading() as stored:
        incidents = list(stored.open_incidents().values())
        known = stored.deliveries([each.id for each in incidents])
    sent = {}
    for channel, url in channels.items():
        notified = [each for each in incidents if _was_notified(channel, known.get(each.id, ()))]
        if notified and _send(notifier, channel, url, notified, now):
            sent[channel] = len(notified)
    return sent


def _was_notified(channel: str, known: Sequence[Delivery]) -> bool:
    return any(each.channel == channel and each.outcome == "sent" for each in known)


def _send(
    notifier: Notifier, channel: str, url: str, incidents: Sequence[Incident], now: datetime
) -> bool:
    alerts = tuple(messages.alert_of(each, notifier.links, now) for each in incidents)
    error = notifier.send(url, Message("", "", "", alerts))
    if error:
        logger.warning("open incidents were not repeated to {}: {}", channel, error)
    return not error
