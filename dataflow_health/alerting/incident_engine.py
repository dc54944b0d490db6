"""Alert engine: advances incidents, streaks and due messages by one health report.

One exclusive transaction: two alert cycles at once, or one that dies, neither open a cause twice
nor lose it. Messages are only saved as due; :mod:`~dataflow_health.alerting.delivery` sends them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataflow_health.alerting import incident_lifecycle, notification_policy
from dataflow_health.alerting.incident_lifecycle import CheckSample, IncidentChange, Step
from dataflow_health.alerting.incident_store import IncidentReader, IncidentStore, IncidentWriter
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.check import DATA_CHECKS
from dataflow_health.health.incident import Incident, Streak
from dataflow_health.health.problem import Problem
from dataflow_health.health.process import Process
from dataflow_health.health.report import CheckHealth, HealthReport
from dataflow_health.health.status import Status

LIVE_CHECK_STREAK = 2
"""Consecutive results that open or close an incident of a live check: one may be an accident."""
CONCLUSIVE = (Status.HEALTHY, Status.WARNING, Status.FAILED)
"""Check statuses that are a result; a stale, running or blocked check says nothing about now."""

ENDED_WITHIN = timedelta(hours=1)
"""Ends whose messages are planned; older ones were, or a rule that is new asks for none."""

Explain = Callable[[Problem], str]
"""Likely cause of a problem; empty when none stands out."""


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """Declared input of the engine.

    Attributes:
        processes: Processes by name.
        rules: Alert rules with at least one configured channel, by name; None in a process that
            plans no message. A mute that expires is then left to the one that does.
    """

    processes: Mapping[str, Process]
    rules: Mapping[str, AlertRule] | None


def update_incidents(
    store: IncidentStore,
    config: AlertConfig,
    report: HealthReport,
    problems: Iterable[Problem],
    now: datetime,
    explain: Explain = lambda _problem: "",
) -> tuple[Incident, ...]:
    """Opens, updates and closes incidents, and saves the messages they call for as due.

    Args:
        store: Store of incidents.
        config: Processes and alert rules.
        report: The health report.
        problems: Problems of the report.
        now: Current time.
        explain: Finds the likely cause; called for new and grown problems only.

    Returns:
        Incidents that changed.

    Raises:
        DatabaseError: The store is unreachable; nothing is changed then.
    """
    found = {each.fingerprint: each for each in problems}
    likely_causes = _likely_causes(store, found, explain)
    changed: list[Incident] = []
    new_streaks: dict[str, Streak | None] = {}
    with store.writing() as stored:
        incidents, streaks = stored.open_incidents(), stored.streaks()
        ended = _ended_since(stored, report.at, now)
        notable: list[tuple[Incident, IncidentChange]] = []
        for name in sorted({*found, *incidents, *streaks}):
            before, streak = incidents.get(name), streaks.get(name)
            step = _step(config.processes, report, found.get(name), streak, before, now)
            if step.change == "opened" and name in ended:
                continue  # a newer report closed it
            if step.streak != streak:
                new_streaks[name] = step.streak if _is_needed(step) else None
            if step.change == "unmuted" and config.rules is None:
                continue
            incident = _with_likely_cause(step.incident, likely_causes.get(name))
            if incident is None:
                continue
            if incident != before:
                incident = stored.save_incident(incident)
                changed.append(incident)
            notable.append((incident, step.change))
        stored.save_streaks(new_streaks)
        if config.rules is not None:
            _plan_messages(stored, notable, config.rules, now)
    return tuple(changed)


def _likely_causes(
    store: IncidentStore, found: Mapping[str, Problem], explain: Explain
) -> dict[str, str]:
    """Likely causes of new and grown problems, found before the exclusive transaction."""
    with store.reading() as stored:
        known = stored.open_incidents()
    return {
        name: explain(problem)
        for name, problem in found.items()
        if name not in known or known[name].problem.failures != problem.failures
    }


def _step(
    processes: Mapping[str, Process],
    report: HealthReport,
    problem: Problem | None,
    streak: Streak | None,
    incident: Incident | None,
    now: datetime,
) -> Step:
    if streak is None:
        source = problem or (incident.problem if incident else None)
        streak = Streak(process=source.process, check=source.check) if source else Streak()
    opens_after, closes_after = _required_streaks(processes, streak.process, streak.check)
    check = _find_check(report, streak.process, streak.check)
    sample = CheckSample(
        problem=problem,
        checked_at=None if _fails_elsewhere(check, problem) else _checked_at(check, report.at),
        opens_after=opens_after,
        closes_after=closes_after,
    )
    step = incident_lifecycle.step(sample, streak, incident, now)
    if check is None:
        # A check that is declared again starts anew: its saved result may be older than this.
        forgotten = Streak(process=streak.process, check=streak.check)
        return step.model_copy(update={"streak": forgotten})
    return step


def _fails_elsewhere(check: CheckHealth | None, problem: Problem | None) -> bool:
    """Whether a live check still fails, but as part of another check's problem: it did not pass."""
    if check is None or problem is not None:
        return False
    return check.is_live and check.status in (Status.FAILED, Status.WARNING)


def _is_needed(step: Step) -> bool:
    return step.streak.is_significant or (step.incident is not None and step.incident.is_open)


def _ended_since(stored: IncidentReader, since: datetime, now: datetime) -> frozenset[str]:
    """Causes of incidents that ended after ``since``; none of before a clock was set back."""
    ended = ((each.fingerprint, each.closed_at) for each in stored.ended_since(since))
    return frozenset(name for name, at in ended if at is not None and since < at <= now)


def _plan_messages(
    stored: IncidentWriter,
    notable: Sequence[tuple[Incident, IncidentChange]],
    rules: Mapping[str, AlertRule],
    now: datetime,
) -> None:
    """Saves the messages that incidents call for, those also that ended in another process."""
    found = {each.id: (each, change) for each, change in notable}
    for each in stored.ended_since(now - ENDED_WITHIN):
        if each.resolution == "recovered":
            found.setdefault(each.id, (each, ""))
    known = stored.deliveries(list(found))
    stored.save_deliveries(
        delivery
        for number, (incident, change) in found.items()
        for delivery in notification_policy.plan_deliveries(
            incident, change, rules, known.get(number, ()), now
        )
    )


def _with_likely_cause(incident: Incident | None, likely_cause: str | None) -> Incident | None:
    if incident is None or likely_cause is None or incident.likely_cause == likely_cause:
        return incident
    return incident.model_copy(update={"likely_cause": likely_cause})


def _checked_at(check: CheckHealth | None, evaluated_at: datetime) -> datetime | None:
    """Time of the newest check result; a check that is no longer declared passes now."""
    if check is None:
        return evaluated_at
    return check.at if check.status in CONCLUSIVE else None


def _find_check(report: HealthReport, process: str, check: str) -> CheckHealth | None:
    health = report.find(process)
    return next((each for each in health.checks if each.name == check), None) if health else None


def _required_streaks(
    processes: Mapping[str, Process], process: str, check: str
) -> tuple[int, int]:
    """Consecutive failures that open an incident, and consecutive passes that close it."""
    declared = processes[process].checks if process in processes else ()
    found = next((each for each in declared if each.name == check), None)
    if found is None:
        return 1, 1
    default = 1 if isinstance(found, DATA_CHECKS) else LIVE_CHECK_STREAK
    return found.opens_after or default, found.closes_after or default
