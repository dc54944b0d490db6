"""On call while the ledger is away: causes are remembered in the sensor's cursor, and told at once.

Dagster keeps the cursor when the tick is over, so a tick that dies repeats a message and loses
none. When the ledger is back, what was remembered is written there and goes on as usual.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from sqlalchemy import Engine

from dataflow_health.alerting import messages
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.health.incident import CheckSample, Incident, Streak, step
from dataflow_health.health.notification_policy import Delivery
from dataflow_health.health.problem import find_problems
from dataflow_health.health.report import HealthReport
from dataflow_health.storage.records import incident_streaks, incidents, message_queue
from dataflow_health.storage.sql.database import writing


class Remembered(BaseModel):
    """One cause that could not be written down yet.

    Attributes:
        since: When it was first seen.
        streak: What was counted of it.
        incident: The incident, once it is open.
        told: Channels that were told of it, by the rule that wanted it.
    """

    model_config = ConfigDict(frozen=True)

    since: AwareDatetime
    streak: Streak = Streak()
    incident: Incident | None = None
    told: Mapping[str, str] = {}


class Memory(BaseModel):
    """All that is remembered, by fingerprint."""

    model_config = ConfigDict(frozen=True)

    causes: Mapping[str, Remembered] = {}
    pinged_at_s: float = 0.0


def read(cursor: str | None) -> Memory:
    """What the last tick remembered; nothing, if another version of this code wrote it."""
    try:
        return Memory.model_validate_json(cursor or "{}")
    except ValidationError:
        return Memory()


def away(memory: Memory, report: HealthReport, post: Notifier, now: datetime) -> Memory:
    """Takes a report into account without the ledger, and tells what is new.

    Args:
        memory: So far.
        report: The verdict; of what only the ledger knows it says nothing.
        post: Rules and channels.
        now: The moment.
    """
    causes = dict(memory.causes)
    for trouble in find_problems(report):
        before = causes.get(trouble.fingerprint, Remembered(since=now))
        lasting = trouble.model_copy(update={"since": before.since})
        seen = CheckSample(trouble=lasting, answered_at=now, opens_after=2)
        then = step(seen, before.streak, before.incident, now)
        streak = then.streak.model_copy(update={"process": trouble.process, "check": trouble.check})
        told = dict(before.told)
        if then.incident is not None:
            told |= _tell(then.incident, told, post, now)
        causes[trouble.fingerprint] = Remembered(
            since=before.since, streak=streak, incident=then.incident, told=told
        )
    return memory.model_copy(update={"causes": causes})


def back(engine: Engine, memory: Memory, now: datetime) -> Memory:
    """Writes down what was remembered, with what was told of it, and forgets it.

    Raises:
        DatabaseError: The database does not answer after all; nothing is forgotten then.
    """
    if not memory.causes:
        return memory
    with writing(engine) as connection:
        known = incidents.find_open(connection)
        for name, each in memory.causes.items():
            if each.incident is None or name in known:
                continue
            kept = incidents.save(connection, each.incident)
            incident_streaks.save(connection, {name: each.streak})
            told = [_sent(kept.id, rule, channel, now) for channel, rule in each.told.items()]
            message_queue.save(connection, told)
    return memory.model_copy(update={"causes": {}})


def _tell(
    incident: Incident, told: Mapping[str, str], post: Notifier, now: datetime
) -> dict[str, str]:
    """Channels that were told just now, by their rule."""
    done: dict[str, str] = {}
    for name, rule in post.rules.items():
        if not rule.matches(incident) or rule.due_at(now) > now:
            continue
        for channel in rule.channels:
            if channel not in told and channel not in done:
                message = messages.incident_message(incident, "opened", post.place, now)
                if not post.send(post.environment.get(channel, ""), message):
                    done[channel] = name
    return done


def _sent(number: int, rule: str, channel: str, now: datetime) -> Delivery:
    return Delivery(
        incident_id=number,
        kind="opened",
        channel=channel,
        rule=rule,
        due_at=now,
        attempts=1,
        outcome="sent",
        settled_at=now,
    )
