"""Operator actions on a stored incident: change, audit entry and lock in one transaction."""

from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.alerting import incident_actions
from dataflow_health.alerting.sql_incident_store import SqlIncidents, SqlIncidentStore
from dataflow_health.health.incident import Incident, Streak
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator


def acknowledge(
    engine: Engine, number: int, operator: Operator, *, note: str, now: datetime
) -> Incident:
    """Marks an incident as being worked on: no more reminders, no escalation.

    Raises:
        NotFound: No incident has this number.
        NotAllowed: The incident has ended.
    """
    with SqlIncidentStore(engine).writing() as stored:
        incident = incident_actions.acknowledge(stored.incident(number), operator.name, note, now)
        return _save(stored, incident, operator, "acknowledge", note, now)


def mute(
    engine: Engine,
    number: int,
    operator: Operator,
    *,
    note: str,
    until: datetime,
    ticket: str,
    now: datetime,
) -> Incident:
    """Mutes the messages of an incident until a given time.

    Raises:
        NotFound: No incident has this number.
        NotAllowed: The incident has ended, or the expiry or the ticket is invalid.
    """
    with SqlIncidentStore(engine).writing() as stored:
        incident = incident_actions.mute(
            stored.incident(number), operator.name, note, now, until=until, ticket=ticket
        )
        reason = f"until {until:%Y-%m-%d %H:%M}Z, {ticket} {note}".strip()
        return _save(stored, incident, operator, "mute", reason, now)


def unmute(
    engine: Engine, number: int, operator: Operator, *, note: str, now: datetime
) -> Incident:
    """Ends the mute of an incident before it expires.

    Raises:
        NotFound: No incident has this number.
        NotAllowed: The incident is not muted.
    """
    with SqlIncidentStore(engine).writing() as stored:
        incident = incident_actions.unmute(stored.incident(number), note, now)
        return _save(stored, incident, operator, "unmute", note, now)


def resolve(
    engine: Engine, number: int, operator: Operator, *, how: str, note: str, now: datetime
) -> Incident:
    """Closes an incident; while its check fails, more failures or a higher severity open another.

    Raises:
        NotFound: No incident has this number.
        NotAllowed: The incident has ended, or ``how`` is no resolution.
    """
    with SqlIncidentStore(engine).writing() as stored:
        before = stored.incident(number)
        incident = incident_actions.resolve(before, operator.name, note, now, how=how)
        _accept_failures(stored, before)
        reason = f"{how}: {note}".strip(": ")
        return _save(stored, incident, operator, "resolve", reason, now)


def _accept_failures(stored: SqlIncidents, incident: Incident) -> None:
    """The failures of a resolved incident open no other one."""
    problem = incident.problem
    streak = stored.streaks().get(incident.fingerprint, Streak())
    accepted = {
        "process": problem.process,
        "check": problem.check,
        "accepted_failures": problem.failures,
        "accepted_severity": problem.severity,
    }
    stored.save_streaks({incident.fingerprint: streak.model_copy(update=accepted)})


def _save(
    stored: SqlIncidents,
    incident: Incident,
    operator: Operator,
    action: str,
    reason: str,
    now: datetime,
) -> Incident:
    saved = stored.save_incident(incident)
    subject = [f"incident {incident.id}"]
    audit_log.append(stored.connection, operator, action, subject, reason, now)
    return saved
