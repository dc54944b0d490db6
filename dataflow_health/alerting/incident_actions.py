"""Operator actions on an incident: acknowledge, mute, unmute, resolve. Pure functions."""

from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import urlsplit

from dataflow_health.errors import NotAllowed
from dataflow_health.health.incident import Incident, Resolution

LONGEST_MUTE = timedelta(days=90)
RESOLUTIONS = tuple(each for each in get_args(Resolution) if each != "recovered")
"""Resolutions that an operator may choose."""


def acknowledge(incident: Incident, who: str, note: str, now: datetime) -> Incident:
    """The incident acknowledged: no more reminders, no escalation.

    Raises:
        NotAllowed: The incident has ended.
    """
    _require_open(incident)
    return _changed(
        incident, now, state="acknowledged", acknowledged_by=who, acknowledged_at=now, note=note
    )


def mute(
    incident: Incident, who: str, note: str, now: datetime, *, until: datetime, ticket: str
) -> Incident:
    """The incident muted: no messages until the mute expires.

    Args:
        incident: The incident.
        who: Operator who mutes it.
        note: Note of the operator.
        now: Current time.
        until: Expiry of the mute.
        ticket: URL of the ticket for the repair.

    Raises:
        NotAllowed: The incident has ended, the expiry is past or more than 90 days away, or the
            ticket is no URL.
    """
    _require_open(incident)
    if not now < until <= now + LONGEST_MUTE:
        raise NotAllowed(
            f"a mute must end in the future and within {LONGEST_MUTE.days} days; "
            f"{until:%Y-%m-%d %H:%M}Z does not"
        )
    if urlsplit(ticket).scheme not in ("http", "https") or not urlsplit(ticket).netloc:
        raise NotAllowed(f"a mute needs the URL of a ticket, as https://...; got {ticket!r}")
    return _changed(
        incident,
        now,
        state="muted",
        muted_until=until,
        mute_ticket=ticket,
        muted_by=who,
        mute_count=incident.mute_count + 1,
        note=note,
    )


def unmute(incident: Incident, note: str, now: datetime) -> Incident:
    """The incident open again before its mute expires.

    Raises:
        NotAllowed: The incident is not muted.
    """
    if incident.state != "muted":
        raise NotAllowed(f"incident {incident.id} is {incident.state}, not muted")
    return _changed(incident, now, state="open", muted_until=None, note=note)


def resolve(incident: Incident, who: str, note: str, now: datetime, *, how: str) -> Incident:
    """The incident closed by an operator.

    Raises:
        NotAllowed: The incident has ended, or ``how`` is no resolution.
    """
    _require_open(incident)
    if how not in RESOLUTIONS:
        raise NotAllowed(f"{how!r} is no resolution; use one of {', '.join(RESOLUTIONS)}")
    return _changed(
        incident, now, state="resolved", resolution=how, resolved_by=who, closed_at=now, note=note
    )


def _require_open(incident: Incident) -> None:
    if not incident.is_open:
        raise NotAllowed(f"incident {incident.id} ended at {incident.closed_at:%Y-%m-%d %H:%M}Z")


def _changed(incident: Incident, now: datetime, **values: object) -> Incident:
    return incident.model_copy(update={**values, "updated_at": now})
