"""Daily digest: open and ended incidents, quarantine, unaccounted items, mutes that end soon.

Nothing red disappears from it: a resolved incident that still fails, and every quarantined item
with its age and owner, are listed every day until they are gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from dataflow_health.alerting.incident_store import IncidentStore
from dataflow_health.alerting.message_format import Line, Message, render
from dataflow_health.alerting.messages import headline
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.health.process import Process
from dataflow_health.monitoring import history
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records import incidents

DAY = timedelta(days=1)
ENDING_SOON = timedelta(days=2)
LINES_PER_SECTION = 20
"""Lines of one section; the rest are counted."""
MAX_INCIDENTS = 1000


@dataclass(frozen=True, slots=True)
class Digest:
    """State that one shift hands over to the next.

    Attributes:
        at: Time of the digest.
        open: Open incidents.
        ended: Incidents that ended within the last day.
        still_failing: Incidents that an operator resolved although their check still fails.
        quarantined: Items in quarantine, oldest first.
        unaccounted: Number of unaccounted items, by stage; balanced stages are left out.
    """

    at: datetime
    open: Sequence[Incident]
    ended: Sequence[Incident]
    still_failing: Sequence[Incident]
    quarantined: Sequence[StageRecord]
    unaccounted: Mapping[str, int]


def make_digest(engine: Engine, processes: Mapping[str, Process], now: datetime) -> Message:
    """The digest of today as a message.

    Args:
        engine: Engine of the ledger.
        processes: The declared processes, with the owner of each.
        now: Current time.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    owners = {name: process.owner for name, process in processes.items()}
    return digest_message(collect_digest(engine, processes, now), owners)


def collect_digest(engine: Engine, processes: Mapping[str, Process], now: datetime) -> Digest:
    """Content of the digest.

    Args:
        engine: Engine of the ledger.
        processes: The declared processes.
        now: Current time.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    recent = incidents.find(engine, since=now - DAY, limit=MAX_INCIDENTS)
    with SqlIncidentStore(engine).reading() as stored:
        streaks = stored.streaks()
    accepted = {name for name, e in streaks.items() if e.accepted_failures and e.failing}
    resolved = (
        incidents.find(engine, is_open=False, fingerprints=accepted, limit=MAX_INCIDENTS)
        if accepted
        else []
    )
    counts = history.of(engine, processes).read(engine, now).totals()
    return Digest(
        at=now,
        open=[each for each in recent if each.is_open],
        ended=[each for each in recent if not each.is_open],
        still_failing=[each for each in resolved if each.resolution != "recovered"],
        quarantined=quarantine.find(engine),
        unaccounted={
            stage: each.unaccounted for stage, each in counts.items() if not each.balances
        },
    )


def digest_message(digest: Digest, owners: Mapping[str, str]) -> Message:
    """The digest as a message.

    Args:
        digest: Content.
        owners: Owner of each stage.
    """
    quarantined = [_quarantined(each, digest.at, owners) for each in digest.quarantined]
    unaccounted = [f"{stage}: {number}" for stage, number in digest.unaccounted.items()]
    ending = [_mute(each) for each in digest.open if _mute_ends_soon(each, digest.at)]
    lines = [
        *_section("Open", [_open(each, digest.at) for each in digest.open]),
        *_section("Resolved, but failing", [_still_failing(e) for e in digest.still_failing]),
        *_section("In quarantine", quarantined),
        *_section("Unaccounted", unaccounted),
        *_section("Mutes ending soon", ending),
        *_section("Ended", [_ended(each) for each in digest.ended]),
    ]
    counts = f"{len(digest.open)} open, {len(digest.quarantined)} in quarantine"
    title = f"[DIGEST] {digest.at:%Y-%m-%d}: {counts}, {len(digest.ended)} ended"
    return render(title, lines or [Line("", "No incident is open and nothing is in quarantine.")])


def schedule_digests(
    store: IncidentStore, rules: Mapping[str, AlertRule], now: datetime
) -> tuple[Delivery, ...]:
    """Saves the digests whose time has come as due: one per day and channel.

    Returns:
        Deliveries that are new.

    Raises:
        DatabaseError: The store is unreachable.
    """
    planned = [
        Delivery(
            incident_id=0,
            kind="digest",
            sequence=day.toordinal(),
            channel=channel,
            rule=name,
            due_at=now,
        )
        for name, rule in rules.items()
        if (day := due_day(rule, now)) is not None
        for channel in rule.channels
    ]
    if not planned:
        return ()
    with store.reading() as stored:
        known = {each.key for each in stored.deliveries([0]).get(0, ())}
    new = tuple(each for each in planned if each.key not in known)
    if new:
        with store.writing() as stored:
            stored.save_deliveries(new)
    return new


def due_day(rule: AlertRule, now: datetime) -> date | None:
    """Day of the digest that is due; None before the rule's time of day, or without one."""
    if rule.digest_at is None:
        return None
    local_now = now.astimezone(ZoneInfo(rule.zone))
    return local_now.date() if local_now.time() >= time.fromisoformat(rule.digest_at) else None


def _section(label: str, values: Sequence[str]) -> list[Line]:
    shown = list(values[:LINES_PER_SECTION])
    if len(values) > LINES_PER_SECTION:
        shown.append(f"and {len(values) - LINES_PER_SECTION} more")
    return [Line(label if number == 0 else "", value) for number, value in enumerate(shown)]


def _open(incident: Incident, now: datetime) -> str:
    by = f" by {incident.acknowledged_by}" if incident.state == "acknowledged" else ""
    failing = f"{_name(incident)}, {incident.problem.failures} failing"
    return f"{failing}, {incident.state}{by}, for {format_duration(incident.duration(now))}"


def _still_failing(incident: Incident) -> str:
    resolution = f"{incident.resolution} by {incident.resolved_by}"
    return f"{_name(incident)}, resolved as {resolution}, but the check still fails"


def _quarantined(record: StageRecord, now: datetime, owners: Mapping[str, str]) -> str:
    owner = owners.get(record.stage) or "none"
    item = f"{record.id[:12]} {record.tail or record.archive} at {record.stage}"
    age = format_duration(now - record.arrived_at)
    return f"{item}: {record.reason}, {age} old, owner {owner}"


def _mute(incident: Incident) -> str:
    return f"{_name(incident)}, muted until {_utc(incident.muted_until)}, {incident.mute_ticket}"


def _mute_ends_soon(incident: Incident, now: datetime) -> bool:
    return incident.muted_until is not None and incident.muted_until <= now + ENDING_SOON


def _ended(incident: Incident) -> str:
    duration = format_duration(incident.duration(incident.updated_at))
    return f"{_name(incident)}, {incident.resolution} after {duration}"


def _name(incident: Incident) -> str:
    return f"{incident.id} {headline(incident.problem)}"


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
