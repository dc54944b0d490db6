"""Messages that an incident calls for.

Pure functions. A message is planned once for each incident, kind, sequence and channel: planning
again adds nothing, and a message lost in a crash is planned again by the next alert cycle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from dataflow_health.alerting.incident_lifecycle import IncidentChange
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery, MessageKind
from dataflow_health.health.incident import Incident

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=2)
"""A channel that is back gets what waits within this time: people act on the news, not later."""


def plan_deliveries(
    incident: Incident,
    change: IncidentChange,
    rules: Mapping[str, AlertRule],
    known: Sequence[Delivery],
    now: datetime,
) -> tuple[Delivery, ...]:
    """New messages about an incident, and known ones that these make obsolete.

    Args:
        incident: The incident after the change.
        change: Change of the incident in this alert cycle.
        rules: Alert rules by name.
        known: All messages about the incident so far.
        now: Current time.

    Returns:
        Deliveries to save, replacing those with the same key.
    """
    known_keys = {each.key for each in known}
    new = {
        delivery.key: delivery
        for delivery in _applicable(incident, change, rules, known, now)
        if delivery.key not in known_keys
    }
    return (*new.values(), *_obsolete(known, new.values(), now))


def after_failure(delivery: Delivery, error: str, now: datetime) -> Delivery:
    """The delivery after a failed attempt: due again, with a delay that doubles up to 2 min."""
    delay = min(FIRST_RETRY * 2 ** min(delivery.attempts, 10), LONGEST_RETRY)
    return delivery.model_copy(
        update={"attempts": delivery.attempts + 1, "error": error, "due_at": now + delay}
    )


def after_success(delivery: Delivery, now: datetime, *, batch: int = 0) -> Delivery:
    """The delivery after it was sent as message number ``batch`` of an alert cycle."""
    return delivery.model_copy(
        update={
            "outcome": "sent",
            "settled_at": now,
            "error": "",
            "attempts": delivery.attempts + 1,
            "batch": batch,
        }
    )


def _applicable(
    incident: Incident,
    change: IncidentChange,
    rules: Mapping[str, AlertRule],
    known: Sequence[Delivery],
    now: datetime,
) -> Iterator[Delivery]:
    """Every message that the incident calls for now, planned before or not."""
    if not incident.is_open:
        for each in _notified_channels(known):
            rule = rules.get(each.rule)
            if rule is not None and rule.recovery:
                yield _delivery(incident, "recovered", 0, each.channel, each.rule, rule, now)
    elif incident.state != "muted":
        for name, rule in rules.items():
            if rule.matches(incident.problem):
                for kind, sequence, channel in _of_rule(incident, change, rule, known, now):
                    yield _delivery(incident, kind, sequence, channel, name, rule, now)


def _delivery(
    incident: Incident,
    kind: MessageKind,
    sequence: int,
    channel: str,
    rule_name: str,
    rule: AlertRule,
    now: datetime,
) -> Delivery:
    return Delivery(
        incident_id=incident.id,
        kind=kind,
        sequence=sequence,
        channel=channel,
        rule=rule_name,
        due_at=rule.next_send_at(now),
    )


def _of_rule(
    incident: Incident,
    change: IncidentChange,
    rule: AlertRule,
    known: Sequence[Delivery],
    now: datetime,
) -> Iterator[tuple[MessageKind, int, str]]:
    """Kind, sequence and channel of every message that one rule calls for."""
    for channel in rule.channels:
        previous = [each for each in known if each.channel == channel and each.outcome != "dropped"]
        if incident.flapping:
            yield "flapping", incident.flap_count, channel
        else:
            yield "opened", 0, channel
        if change == "unmuted" and previous:
            yield "unmuted", incident.mute_count, channel
        if incident.state == "open" and _reminder_is_due(rule, previous, now):
            yield "reminder", 1 + sum(each.kind == "reminder" for each in previous), channel
    if rule.escalate and incident.state == "open" and _escalation_is_due(rule, known, now):
        for channel in rule.escalate.channels:
            yield "escalated", 0, channel


def _reminder_is_due(rule: AlertRule, previous: Sequence[Delivery], now: datetime) -> bool:
    if rule.remind_every is None or not previous:
        return False
    if any(each.outcome == "due" for each in previous):
        return False
    newest = max(each.settled_at for each in previous if each.settled_at is not None)
    return newest + rule.remind_every <= now


def _escalation_is_due(rule: AlertRule, known: Sequence[Delivery], now: datetime) -> bool:
    sent = [each for each in known if each.outcome == "sent" and each.channel in rule.channels]
    first = min((each.settled_at for each in sent if each.settled_at is not None), default=None)
    return first is not None and rule.escalate is not None and first + rule.escalate.after <= now


def _notified_channels(known: Sequence[Delivery]) -> Iterable[Delivery]:
    """One delivery for each channel that was notified of the incident, or will be."""
    return {each.channel: each for each in known if each.outcome != "dropped"}.values()


def _obsolete(
    known: Sequence[Delivery], new: Iterable[Delivery], now: datetime
) -> Iterator[Delivery]:
    """Unsent messages, dropped: a recovery or flapping message covers them."""
    channels = {each.channel for each in new if each.kind in ("recovered", "flapping")}
    for each in known:
        if each.outcome == "due" and each.channel in channels and each.kind != "recovered":
            yield each.model_copy(update={"outcome": "dropped", "settled_at": now})
