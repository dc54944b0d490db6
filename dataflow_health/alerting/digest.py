"""The daily digest: what is open, what ended, what can never succeed, whose mute ends soon.

It never says nothing about what is still red: a resolved incident that still fails, and everything
in quarantine with its age and owner, are in it every day until they are gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from dataflow_health.alerting import messages
from dataflow_health.alerting.messages import Line, Message
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.health.notification_policy import Delivery
from dataflow_health.storage.ledger import conservation, quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records import incident_streaks, incidents, message_queue
from dataflow_health.storage.sql.database import reading, writing

DAY = timedelta(days=1)
ENDING_SOON = timedelta(days=2)
LINES_PER_SECTION = 20
"""Lines of one kind; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One day's shift, for the next one.

    Attributes:
        at: The moment.
        standing: Incidents that are open.
        ended: Incidents that ended within the day.
        still_failing: Resolved by a person, and failing all the same.
        quarantined: What waits for a person, oldest first.
        unbalanced: Stages whose account does not add up, with how many are missing.
    """

    at: datetime
    standing: Sequence[Incident]
    ended: Sequence[Incident]
    still_failing: Sequence[Incident]
    quarantined: Sequence[StageRecord]
    unbalanced: Mapping[str, int]


def collect_digest(engine: Engine, now: datetime) -> Digest:
    """Everything a shift hands over.

    Raises:
        DatabaseError: The database does not answer.
    """
    recent = incidents.find(engine, since=now - DAY, limit=1000)
    with reading(engine) as connection:
        silenced = {
            n for n, s in incident_streaks.read(connection).items() if s.silenced and s.failing
        }
    resolved = incidents.find(engine, is_open=False, limit=1000)
    counts = conservation.total(conservation.stage_counts(engine, now))
    return Digest(
        at=now,
        standing=[each for each in recent if each.is_open],
        ended=[each for each in recent if not each.is_open],
        still_failing=[
            each
            for each in resolved
            if each.fingerprint in silenced and each.resolution != "recovered"
        ],
        quarantined=quarantine.find(engine),
        unbalanced={stage: each.unaccounted for stage, each in counts.items() if not each.balances},
    )


def digest_message(given: Digest, owners: Mapping[str, str]) -> Message:
    """The digest as a message.

    Args:
        given: What is handed over.
        owners: Who is asked first, by stage.
    """
    lines = [
        *_section("Open", [_open(each, given.at) for each in given.standing]),
        *_section("Resolved, failing", [_resolved(each) for each in given.still_failing]),
        *_section("Quarantine", [_waiting(row, given.at, owners) for row in given.quarantined]),
        *_section("Unaccounted", [f"{name}: {n}" for name, n in given.unbalanced.items()]),
        *_section("Mutes ending", [_mute(e) for e in given.standing if _ends_soon(e, given.at)]),
        *_section("Ended", [_ended(each) for each in given.ended]),
    ]
    counted = f"{len(given.standing)} open, {len(given.quarantined)} in quarantine"
    subject = f"[DIGEST] {given.at:%Y-%m-%d}: {counted}, {len(given.ended)} ended"
    return messages.render(subject, lines or [("", "Nothing is open and nothing waits.")])


def schedule_digests(
    engine: Engine, rules: Mapping[str, AlertRule], now: datetime
) -> tuple[Delivery, ...]:
    """Puts the digest down as due where its time has come, once a day and channel."""
    wanted = [
        Delivery(
            incident_id=0,
            kind="digest",
            turn=day.toordinal(),
            channel=channel,
            rule=name,
            due_at=now,
        )
        for name, rule in rules.items()
        if (day := due_day(rule, now)) is not None
        for channel in rule.channels
    ]
    if not wanted:
        return ()
    with reading(engine) as connection:
        known = {each.key for each in message_queue.of_incidents(connection, [0])[0]}
    fresh = tuple(each for each in wanted if each.key not in known)
    if fresh:
        with writing(engine) as connection:
            message_queue.save(connection, fresh)
    return fresh


def due_day(rule: AlertRule, now: datetime) -> date | None:
    """The day whose digest a rule wants by now; None before its time of the day, or without one."""
    if rule.digest_at is None:
        return None
    here = now.astimezone(ZoneInfo(rule.zone))
    return here.date() if here.time() >= time.fromisoformat(rule.digest_at) else None


def _section(label: str, values: Sequence[str]) -> list[Line]:
    shown = list(values[:LINES_PER_SECTION])
    if len(values) > LINES_PER_SECTION:
        shown.append(f"and {len(values) - LINES_PER_SECTION} more")
    return [(label if number == 0 else "", value) for number, value in enumerate(shown)]


def _open(each: Incident, now: datetime) -> str:
    who = f" by {each.acknowledged_by}" if each.state == "acknowledged" else ""
    where = f"{each.id} {each.process}: {each.cause}, {each.failures} failing"
    return f"{where}, {each.state}{who}, for {format_duration(each.lasted(now))}"


def _resolved(each: Incident) -> str:
    how = f"{each.resolution} by {each.resolved_by}"
    return f"{each.id} {each.process}: {each.cause}, resolved as {how}, but it still fails"


def _waiting(row: StageRecord, now: datetime, owners: Mapping[str, str]) -> str:
    owner = owners.get(row.stage) or "nobody"
    where = f"{row.id[:12]} {row.tail or row.archive} at {row.stage}"
    return f"{where}: {row.reason}, {format_duration(now - row.arrived_at)} old, owner {owner}"


def _mute(each: Incident) -> str:
    return f"{each.id} {each.process}: {each.cause}, until {each.muted_until}, {each.mute_ticket}"


def _ends_soon(each: Incident, now: datetime) -> bool:
    return each.muted_until is not None and each.muted_until <= now + ENDING_SOON


def _ended(each: Incident) -> str:
    span = format_duration(each.lasted(each.closed_at or each.updated_at))
    return f"{each.id} {each.process}: {each.cause}, {each.resolution} after {span}"
