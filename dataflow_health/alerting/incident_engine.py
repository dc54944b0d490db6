"""Incidents from reports: one look takes the verdict, the counts and the rules one step on.

A look is one transaction, so two looks at once, or one that dies, never open a cause twice nor
lose it. Messages are only put down here as due; ``delivery`` sends them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from dataflow_health.alerting import failure_correlation, incident_actions
from dataflow_health.health import notification_policy
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.incident import CheckSample, Incident, Streak, step
from dataflow_health.health.problem import Problem, find_problems
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.records import audit_log, incident_streaks, incidents, message_queue
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health.storage.sql.database import reading, writing

INCIDENTS_LOCK = "incidents"
"""Looks and operators take turns under this name: each reads what it then writes."""

LIVE_CHECK_STREAK = 2
"""A live check opens and closes after so many answers in a row: one may be an accident."""
CONCLUSIVE = (Status.HEALTHY, Status.WARNING, Status.FAILED)
"""Statuses that say something of now; a stale, running or blocked check says nothing."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look needs to know besides the report.

    Attributes:
        processes: As declared.
        rules: Alert rules whose channels are set, by name.
    """

    processes: Mapping[str, Process]
    rules: Mapping[str, AlertRule]


def configured_rules(
    rules: Mapping[str, AlertRule], environment: Mapping[str, str]
) -> dict[str, AlertRule]:
    """Rules with only those channels whose variable is set; rules without any are left out."""
    found = {}
    for name, rule in rules.items():
        set_ = tuple(channel for channel in rule.channels if environment.get(channel))
        escalate = rule.escalate
        if escalate is not None:
            above = tuple(channel for channel in escalate.channels if environment.get(channel))
            escalate = escalate.model_copy(update={"channels": above}) if above else None
        if set_:
            found[name] = rule.model_copy(update={"channels": set_, "escalate": escalate})
    return found


def update_incidents(
    engine: Engine, watched: Watched, report: HealthReport, now: datetime
) -> tuple[Incident, ...]:
    """Takes a report into account.

    Args:
        engine: The ledger's.
        watched: Processes and rules.
        report: The verdict.
        now: The moment.

    Returns:
        Incidents that changed.

    Raises:
        DatabaseError: The database does not answer; nothing is changed then.
    """
    found = {each.fingerprint: each for each in find_problems(report, quarantine.counts(engine))}
    likely = _likely(engine, found)
    changed: list[Incident] = []
    with locks.acquire(engine, INCIDENTS_LOCK), writing(engine) as connection:
        opened = incidents.find_open(connection)
        streaks = incident_streaks.read(connection)
        known = message_queue.of_incidents(connection, [each.id for each in opened.values()])
        counted: dict[str, Streak | None] = {}
        for name in sorted({*found, *opened, *streaks}):
            trouble, before = found.get(name), opened.get(name)
            streak = streaks.get(name) or _fresh(trouble, before)
            seen = _look(watched.processes, report, trouble, streak)
            then = step(seen, streak, before, now)
            if then.streak != streak or name not in streaks:
                counted[name] = _worth(then.streak, then.incident)
            incident = _explained(then.incident, likely.get(name))
            if incident is not None and incident != before:
                incident = incidents.save(connection, incident)
                changed.append(incident)
            if incident is not None:
                told = notification_policy.wanted(
                    incident, then.change, watched.rules, known.get(incident.id, ()), now
                )
                message_queue.save(connection, told)
        incident_streaks.save(connection, counted)
    return tuple(changed)


def acknowledge(
    engine: Engine, number: int, operator: Operator, *, note: str, now: datetime
) -> Incident:
    """Somebody looks after it.

    Raises:
        NotFound: There is no such incident.
        NotAllowed: It has ended.
    """
    with locks.acquire(engine, INCIDENTS_LOCK), writing(engine) as connection:
        before = incidents.get(connection, number)
        after = incident_actions.acknowledge(before, operator.name, note, now)
        return _acted(connection, after, operator, "acknowledge", note, now)


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
    """Silent until a moment, with a ticket.

    Raises:
        NotFound: There is no such incident.
        NotAllowed: It has ended, or expiry or ticket will not do.
    """
    with locks.acquire(engine, INCIDENTS_LOCK), writing(engine) as connection:
        before = incidents.get(connection, number)
        after = incident_actions.mute(before, operator.name, note, now, until=until, ticket=ticket)
        why = f"until {until:%Y-%m-%d %H:%M}Z, {ticket} {note}".strip()
        return _acted(connection, after, operator, "mute", why, now)


def unmute(
    engine: Engine, number: int, operator: Operator, *, note: str, now: datetime
) -> Incident:
    """Back before its mute expires.

    Raises:
        NotFound: There is no such incident.
        NotAllowed: It is not muted.
    """
    with locks.acquire(engine, INCIDENTS_LOCK), writing(engine) as connection:
        after = incident_actions.unmute(incidents.get(connection, number), note, now)
        return _acted(connection, after, operator, "unmute", note, now)


def resolve(
    engine: Engine, number: int, operator: Operator, *, how: str, note: str, now: datetime
) -> Incident:
    """Ended by a person; if it still fails, only more failures open it again.

    Raises:
        NotFound: There is no such incident.
        NotAllowed: It has ended already, or that is no resolution.
    """
    with locks.acquire(engine, INCIDENTS_LOCK), writing(engine) as connection:
        before = incidents.get(connection, number)
        after = incident_actions.resolve(before, operator.name, note, now, how=how)
        streak = incident_streaks.read(connection).get(before.fingerprint, Streak())
        silenced = streak.model_copy(
            update={
                "process": before.process,
                "check": before.check,
                "silenced": before.failures,
            }
        )
        incident_streaks.save(connection, {before.fingerprint: silenced})
        return _acted(connection, after, operator, "resolve", f"{how}: {note}".strip(": "), now)


def _acted(
    connection: Connection,
    after: Incident,
    operator: Operator,
    action: str,
    reason: str,
    now: datetime,
) -> Incident:
    kept = incidents.save(connection, after)
    audit_log.append(connection, operator, action, [f"incident {after.id}"], reason, now)
    return kept


def _likely(engine: Engine, found: Mapping[str, Problem]) -> dict[str, str]:
    """What explains each new or grown cause; asked of the ledger only then."""
    with reading(engine) as connection:
        known = incidents.find_open(connection)
    return {
        name: failure_correlation.likely_cause(engine, trouble)
        for name, trouble in found.items()
        if name not in known or known[name].failures != trouble.failures
    }


def _fresh(trouble: Problem | None, incident: Incident | None) -> Streak:
    place = trouble or incident
    return Streak(process=place.process, check=place.check) if place else Streak()


def _worth(streak: Streak, incident: Incident | None) -> Streak | None:
    is_open = incident is not None and incident.is_open
    return streak if is_open or streak.matters else None


def _explained(incident: Incident | None, likely: str | None) -> Incident | None:
    if incident is None or likely is None or incident.likely == likely:
        return incident
    return incident.model_copy(update={"likely": likely})


def _look(
    processes: Mapping[str, Process],
    report: HealthReport,
    trouble: Problem | None,
    streak: Streak,
) -> CheckSample:
    rounds = _rounds(processes, streak.process, streak.check)
    answered_at = _answered_at(report, streak.process, streak.check)
    return CheckSample(
        trouble=trouble, answered_at=answered_at, opens_after=rounds[0], closes_after=rounds[1]
    )


def _answered_at(report: HealthReport, process: str, check: str) -> datetime | None:
    """When a check was answered; one that is declared no more passes now."""
    place = report.find(process)
    health = next((each for each in place.checks if each.name == check), None) if place else None
    if health is None:
        return report.at
    return health.at if health.status in CONCLUSIVE else None


def _rounds(processes: Mapping[str, Process], process: str, check: str) -> tuple[int, int]:
    declared = processes[process].checks if process in processes else ()
    found = next((each for each in declared if each.name == check), None)
    if found is None:
        return 1, 1
    usual = 1 if isinstance(found, AssetCheck) else LIVE_CHECK_STREAK
    return found.opens_after or usual, found.closes_after or usual
