"""What a person may do with an incident: acknowledge, mute, resolve. Pure; refusals say why."""

from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import urlsplit

from dataflow_health.errors import NotAllowed
from dataflow_health.health.incident import Incident, Resolution

LONGEST_MUTE = timedelta(days=90)
RESOLUTIONS = tuple(each for each in get_args(Resolution) if each != "recovered")


def acknowledge(incident: Incident, who: str, note: str, now: datetime) -> Incident:
    """Somebody looks after it: no reminders, no escalation.

    Raises:
        NotAllowed: It has ended.
    """
    _refuse_ended(incident)
    return _changed(
        incident, now, state="acknowledged", acknowledged_by=who, acknowledged_at=now, note=note
    )


def mute(
    incident: Incident, who: str, note: str, now: datetime, *, until: datetime, ticket: str
) -> Incident:
    """Silent until a moment; then it comes back.

    Args:
        incident: Which.
        who: Who answers for it.
        note: Why.
        now: The moment.
        until: When it comes back.
        ticket: URL of where it is dealt with.

    Raises:
        NotAllowed: It has ended, the expiry is past or too far, or the ticket is no URL.
    """
    _refuse_ended(incident)
    if not now < until <= now + LONGEST_MUTE:
        raise NotAllowed(
            f"a mute ends after now and within {LONGEST_MUTE.days} days, not at {until:%Y-%m-%d}"
        )
    if urlsplit(ticket).scheme not in ("http", "https") or not urlsplit(ticket).netloc:
        raise NotAllowed(f"a mute needs the URL of a ticket, https://...; {ticket!r} is none")
    return _changed(
        incident,
        now,
        state="muted",
        muted_until=until,
        mute_ticket=ticket,
        muted_by=who,
        mutes=incident.mutes + 1,
        note=note,
    )


def unmute(incident: Incident, note: str, now: datetime) -> Incident:
    """Back to open before its mute expires.

    Raises:
        NotAllowed: It is not muted.
    """
    if incident.state != "muted":
        raise NotAllowed(f"incident {incident.id} is {incident.state}, not muted")
    return _changed(incident, now, state="open", muted_until=None, note=note)


def resolve(incident: Incident, who: str, note: str, now: datetime, *, how: str) -> Incident:
    """Ended by a person. If it still fails, only more failures, or a pass before, open it again.

    Raises:
        NotAllowed: It has ended already, or that is no resolution.
    """
    _refuse_ended(incident)
    if how not in RESOLUTIONS:
        raise NotAllowed(f"{how!r} is no resolution: {', '.join(RESOLUTIONS)}")
    return _changed(
        incident, now, state="resolved", resolution=how, resolved_by=who, closed_at=now, note=note
    )


def _refuse_ended(incident: Incident) -> None:
    if not incident.is_open:
        raise NotAllowed(f"incident {incident.id} ended at {incident.closed_at:%Y-%m-%d %H:%M}Z")


def _changed(incident: Incident, now: datetime, **values: object) -> Incident:
    return incident.model_copy(update={**values, "updated_at": now})
