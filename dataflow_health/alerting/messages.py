"""Messages about incidents: what failed, since when, on which aircraft, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dataflow_health.alerting import alert
from dataflow_health.alerting.alert import Alert
from dataflow_health.alerting.message_format import Line, Message, render
from dataflow_health.diagram.escape import asset_url
from dataflow_health.health import remedy
from dataflow_health.health.delivery import MessageKind
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import BlockedProcess, Problem

MAX_TAILS = 8
"""Aircraft listed by name; the rest are counted."""
MAX_DAYS = 5
TITLE_PREFIXES = {
    "opened": "FAILED",
    "flapping": "FLAPPING",
    "unmuted": "MUTE EXPIRED",
    "reminder": "STILL FAILED",
    "escalated": "NOT ACKNOWLEDGED",
}


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """Targets and owners named in messages.

    Attributes:
        public_url: URL of the Dagster UI.
        assets: Asset path in the Dagster UI, by process.
        owners: Owner, by process.
        board_url: URL of the board and its pages; empty when nothing serves them.
    """

    public_url: str
    assets: Mapping[str, str]
    owners: Mapping[str, str] = field(default_factory=dict)
    board_url: str = ""


def incident_message(
    incident: Incident, kind: MessageKind, links: MessageLinks, now: datetime
) -> Message:
    """The message of one kind about an incident as it is now."""
    lines = _lines(incident, kind, links, now)
    return render(title(incident, kind, now), lines, [alert_of(incident, links, now)])


def combined_message(
    incidents: Sequence[tuple[Incident, MessageKind]], links: MessageLinks, now: datetime
) -> Message:
    """One message about several incidents: their titles first, then each in full."""
    lines = [Line("", title(incident, kind, now)) for incident, kind in incidents]
    for incident, kind in incidents:
        lines += [Line("", ""), *_lines(incident, kind, links, now)]
    alerts = [alert_of(incident, links, now) for incident, _ in incidents]
    return render(f"{len(incidents)} alerts in one message", lines, alerts)


def alert_of(incident: Incident, links: MessageLinks, now: datetime) -> Alert:
    """The alert of an incident for Alertmanager, as it is now."""
    problem, mend = incident.problem, remedy.of_problem(incident.problem)
    annotations = {
        "summary": headline(problem) + _on_aircraft(problem),
        "description": problem.detail,
        "aircraft": _tails(problem.tails),
        "failures": _failures(incident),
        "examples": "\n".join(map(_example, problem.examples)),
        "likely_cause": incident.likely_cause,
        "blocked": ", ".join(map(_blocked, problem.blocked)),
        "flapping": "yes" if incident.flapping else "",
        "acknowledged_by": incident.acknowledged_by,
        "ended": _ended(incident),
        "remedy": mend.step,
        "command": mend.command,
        "runbook_url": problem.runbook,
        "incident": str(incident.id) if incident.id > 0 else "",
    }
    return alert.of_incident(incident, annotations, _page(problem, links), now)


def title(incident: Incident, kind: MessageKind, now: datetime) -> str:
    """Subject line: status, process, cause, and aircraft or duration."""
    if kind == "recovered":
        ended = "RECOVERED" if incident.resolution == "recovered" else "RESOLVED"
        duration = format_duration(incident.duration(now))
        return f"[{ended}] {headline(incident.problem)} after {duration}"
    prefix = TITLE_PREFIXES[kind]
    if incident.effective_severity == "warning":
        prefix = prefix.replace("FAILED", "WARNING")
    return f"[{prefix}] {headline(incident.problem)}{_on_aircraft(incident.problem)}"


def headline(problem: Problem) -> str:
    """Process and reason code; the check's name too when the code says no more than "failed"."""
    generic = problem.cause in ("failed", "errored")
    return f"{problem.process}: {f'{problem.check} ' if generic else ''}{problem.cause}"


def _lines(incident: Incident, kind: MessageKind, links: MessageLinks, now: datetime) -> list[Line]:
    lines = [
        Line("Incident", _number(incident)),
        Line("Since", f"{_utc(incident.opened_at)} ({format_duration(incident.duration(now))})"),
        Line("Ended", _ended(incident)),
        Line("Flapping", _flapping(kind)),
        *_problem_lines(incident),
        *(_next_steps(incident) if incident.is_open else ()),
        _link("Details", _page(incident.problem, links)),
        _link("Day", _day_page(incident.problem, links)),
    ]
    return [line for line in lines if line.value]


def _problem_lines(incident: Incident) -> list[Line]:
    problem = incident.problem
    examples = [Line("", _example(item)) for item in problem.examples]
    return [
        Line("Check", problem.describes),
        Line("Measured", problem.detail),
        Line("Aircraft", _tails(problem.tails)),
        Line("Failures", _failures(incident)),
        *examples,
        Line("Likely cause", incident.likely_cause),
        Line("Blocked", ", ".join(map(_blocked, problem.blocked))),
    ]


def _next_steps(incident: Incident) -> list[Line]:
    problem, mend = incident.problem, remedy.of_problem(incident.problem)
    return [
        Line("Owner", problem.owner),
        _link("Runbook", problem.runbook),
        Line("Remedy", mend.step),
        Line("Then", mend.command, "command"),
        Line("Acknowledge", _acknowledge_command(incident), "command"),
    ]


def _link(label: str, target: str) -> Line:
    """A line with a link; a path in the repository stays text."""
    return Line(label, target, "link" if target.startswith(("http://", "https://")) else "text")


def _number(incident: Incident) -> str:
    check = f"{incident.problem.process} / {incident.problem.check}"
    if incident.id <= 0:
        return f"{check}; its number follows when the ledger is reachable again"
    return f"{incident.id}, {check}"


def _acknowledge_command(incident: Incident) -> str:
    return f"dataflow-health incident ack {incident.id}" if incident.id > 0 else ""


def _ended(incident: Incident) -> str:
    if incident.closed_at is None:
        return ""
    if incident.resolution == "recovered":
        return f"{_utc(incident.closed_at)}, the check passes again"
    note = f": {incident.note}" if incident.note else ""
    resolved = f"resolved by {incident.resolved_by} as {incident.resolution}{note}"
    return f"{_utc(incident.closed_at)}, {resolved}"


def _flapping(kind: MessageKind) -> str:
    if kind != "flapping":
        return ""
    return "the check alternates between failing and passing; messages stop until it is stable"


def _on_aircraft(problem: Problem) -> str:
    if len(problem.tails) == 1:
        return f" on {problem.tails[0]}"
    return f" on {len(problem.tails)} aircraft" if problem.tails else ""


def _tails(tails: Sequence[str]) -> str:
    more = len(tails) - MAX_TAILS
    listed = ", ".join(tails[:MAX_TAILS])
    return f"{listed} and {more} more" if more > 0 else listed


def _failures(incident: Incident) -> str:
    problem = incident.problem
    if not problem.days and not problem.examples:
        return ""
    now = [f"{problem.failures} now"] if incident.is_open else []
    grew = incident.max_failures > problem.failures
    most = [f"{incident.max_failures} at most"] if grew else []
    days = ", ".join(str(day) for day in problem.days[:MAX_DAYS])
    more = f" and {len(problem.days) - MAX_DAYS} more" if len(problem.days) > MAX_DAYS else ""
    arrived = f"; arrived on {days}{more}" if days else ""
    return f"{', '.join([*now, *most])}{arrived}"


def _example(item: Evidence) -> str:
    file = " / ".join(part for part in (item.tail, item.archive, item.member) if part)
    position = [f"byte {item.byte_offset}"] if item.byte_offset is not None else []
    position += [f"frame {item.frame}"] if item.frame is not None else []
    expected = f" (expected {item.expected})" if item.expected else ""
    found = f"{item.found or item.reason}{expected}"
    return ": ".join(part for part in (file, ", ".join(position), found) if part)


def _blocked(process: BlockedProcess) -> str:
    if not process.recordings:
        return process.process
    plural = "" if process.recordings == 1 else "s"
    return f"{process.process} ({process.recordings} recording{plural})"


def _page(problem: Problem, links: MessageLinks) -> str:
    if problem.link:
        return problem.link
    key = links.assets.get(problem.process)
    return asset_url(links.public_url, key, problem.check) if key else links.public_url


def _day_page(problem: Problem, links: MessageLinks) -> str:
    """Page of the newest day that fails: that of the check shows the newest day of all."""
    key = links.assets.get(problem.process)
    if not key or not problem.days:
        return ""
    return asset_url(links.public_url, key, day=str(max(problem.days)))


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
