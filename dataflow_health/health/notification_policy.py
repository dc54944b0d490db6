"""Which messages an incident calls for, and in which order and company they go out. Pure.

A message is wanted once for each incident, kind, turn and channel, so asking again wants nothing
new: whatever a crash took away between two looks is wanted again at the next.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.frozen_model import Count, FrozenModel
from dataflow_health.health.incident import Incident, IncidentChange

MessageKind = Literal[
    "opened", "flapping", "unmuted", "reminder", "escalated", "recovered", "digest"
]

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(minutes=15)
STALE_RECOVERY = timedelta(days=7)
"""The end of an incident that could not be told for so long is not news any more."""


class Delivery(FrozenModel):
    """One message to one channel.

    Attributes:
        incident_id: About which; 0 for a digest.
        kind: What it says.
        turn: Which of its kind about this incident.
        channel: Variable of the environment with the URL.
        rule: Name of the rule that wants it.
        due_at: Not before.
        attempts: How often it was tried.
        error: Why the last try failed.
        outcome: ``due`` until it was sent, or dropped because something newer says it all.
        settled_at: When it was.
    """

    incident_id: int
    kind: MessageKind
    turn: Count = 0
    channel: str
    rule: str
    due_at: AwareDatetime
    attempts: Count = 0
    error: str = ""
    outcome: Literal["due", "sent", "dropped"] = "due"
    settled_at: AwareDatetime | None = None

    @property
    def key(self) -> tuple[int, str, int, str]:
        """What is wanted once only."""
        return self.incident_id, self.kind, self.turn, self.channel


class Batch(FrozenModel):
    """What goes out as one message.

    Attributes:
        channel: Where to.
        deliveries: One, or all that a throttle would have held back.
    """

    channel: str
    deliveries: tuple[Delivery, ...]


def wanted(
    incident: Incident,
    change: IncidentChange,
    rules: Mapping[str, AlertRule],
    known: Sequence[Delivery],
    now: datetime,
) -> tuple[Delivery, ...]:
    """New messages about an incident, and known ones that these make needless.

    Args:
        incident: As it is now.
        change: What has just become of it.
        rules: By name.
        known: All messages about it so far.
        now: The moment.

    Returns:
        Deliveries to keep in place of those with their key.
    """
    taken = {each.key for each in known}
    fresh = {
        made.key: made
        for made in _called_for(incident, change, rules, known, now)
        if made.key not in taken
    }
    return (*fresh.values(), *_overtaken(known, fresh.values(), now))


def _called_for(
    incident: Incident,
    change: IncidentChange,
    rules: Mapping[str, AlertRule],
    known: Sequence[Delivery],
    now: datetime,
) -> Iterator[Delivery]:
    """Everything that an incident calls for now, whether it was wanted before or not."""
    if not incident.is_open:
        for each in _told_channels(known):
            rule = rules.get(each.rule)
            if rule is not None and rule.recovery:
                yield _made(incident, "recovered", 0, each.channel, each.rule, rule.due_at(now))
    elif incident.state != "muted":
        for name, rule in rules.items():
            if rule.matches(incident):
                for kind, turn, channel in _of_rule(incident, change, rule, known, now):
                    yield _made(incident, kind, turn, channel, name, rule.due_at(now))


def _made(
    incident: Incident, kind: MessageKind, turn: int, channel: str, rule: str, due_at: datetime
) -> Delivery:
    return Delivery(
        incident_id=incident.id, kind=kind, turn=turn, channel=channel, rule=rule, due_at=due_at
    )


def _of_rule(
    incident: Incident,
    change: IncidentChange,
    rule: AlertRule,
    known: Sequence[Delivery],
    now: datetime,
) -> Iterator[tuple[MessageKind, int, str]]:
    for channel in rule.channels:
        here = [each for each in known if each.channel == channel and each.outcome != "dropped"]
        yield ("flapping", incident.flaps, channel) if incident.flapping else ("opened", 0, channel)
        if change == "unmuted" and here:
            yield "unmuted", incident.mutes, channel
        if incident.state == "open" and _reminds(rule, here, now):
            yield "reminder", 1 + sum(each.kind == "reminder" for each in here), channel
    if rule.escalate and incident.state == "open" and _escalates(rule, known, now):
        for channel in rule.escalate.channels:
            yield "escalated", 0, channel


def _reminds(rule: AlertRule, here: Sequence[Delivery], now: datetime) -> bool:
    if rule.remind_every is None or not here or any(each.outcome == "due" for each in here):
        return False
    newest = max(each.settled_at for each in here if each.settled_at is not None)
    return newest + rule.remind_every <= now


def _escalates(rule: AlertRule, known: Sequence[Delivery], now: datetime) -> bool:
    told = [e.settled_at for e in known if e.outcome == "sent" and e.channel in rule.channels]
    first = min((at for at in told if at), default=None)
    return first is not None and rule.escalate is not None and first + rule.escalate.after <= now


def _told_channels(known: Sequence[Delivery]) -> Iterable[Delivery]:
    """One delivery for each channel that heard of the incident, or was about to."""
    return {each.channel: each for each in known if each.outcome != "dropped"}.values()


def _overtaken(
    known: Sequence[Delivery], fresh: Iterable[Delivery], now: datetime
) -> Iterable[Delivery]:
    """Unsent messages about what is no longer so: the end, or the flapping, tells the whole."""
    newer = {each.channel for each in fresh if each.kind in ("recovered", "flapping")}
    dropped = {"outcome": "dropped", "settled_at": now}
    for each in known:
        if each.outcome == "due" and each.channel in newer and each.kind != "recovered":
            yield each.model_copy(update=dropped)


def retried(delivery: Delivery, error: str, now: datetime) -> Delivery:
    """A delivery whose sending failed: due again, later and later."""
    attempts = delivery.attempts + 1
    wait = min(FIRST_RETRY * 2 ** min(delivery.attempts, 10), LONGEST_RETRY)
    return delivery.model_copy(update={"attempts": attempts, "error": error, "due_at": now + wait})


def sent(delivery: Delivery, now: datetime) -> Delivery:
    """A delivery that went out."""
    done = {"outcome": "sent", "settled_at": now, "error": "", "attempts": delivery.attempts + 1}
    return delivery.model_copy(update=done)


def batches(
    due: Iterable[Delivery],
    rules: Mapping[str, AlertRule],
    recent: Iterable[Delivery],
    now: datetime,
) -> tuple[Batch, ...]:
    """What goes out now: one message each while the throttle allows, the rest in one.

    Args:
        due: Unsent deliveries.
        rules: By name.
        recent: Deliveries that were sent lately.
        now: The moment.
    """
    by_place: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for each in sorted(due, key=lambda each: (each.due_at, each.key)):
        if each.due_at <= now:
            by_place[each.rule, each.channel].append(each)
    lately = list(recent)
    return tuple(
        batch
        for (name, channel), waiting in by_place.items()
        for batch in _batched(channel, waiting, rules.get(name), lately, now)
    )


def _batched(
    channel: str,
    waiting: list[Delivery],
    rule: AlertRule | None,
    lately: list[Delivery],
    now: datetime,
) -> Iterator[Batch]:
    """Digests on their own, throttled by nothing: there is one a day."""
    single = [each for each in waiting if each.kind == "digest"]
    yield from (Batch(channel=channel, deliveries=(each,)) for each in single)
    rest = [each for each in waiting if each.kind != "digest"]
    yield from _throttled(channel, rest, rule, lately, now)


def _throttled(
    channel: str,
    waiting: list[Delivery],
    rule: AlertRule | None,
    lately: list[Delivery],
    now: datetime,
) -> Iterator[Batch]:
    throttle = (rule or AlertRule(describes="Gone.", channels=("NONE",))).throttle
    times = {
        each.settled_at
        for each in lately
        if each.channel == channel and each.settled_at and each.settled_at > now - throttle.every
    }
    room = throttle.at_most - len(times)
    if room <= 0:
        return
    alone = len(waiting) if len(waiting) <= room else room - 1
    for each in waiting[:alone]:
        yield Batch(channel=channel, deliveries=(each,))
    if waiting[alone:]:
        yield Batch(channel=channel, deliveries=tuple(waiting[alone:]))
