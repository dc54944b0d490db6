"""What a message says: everything that on-call needs, as plain text and as HTML. Pure.

Both are written from the same lines, so they never tell two stories.
"""

import html
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dataflow_health.diagram.escape import asset_url
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.health.notification_policy import MessageKind
from dataflow_health.health.observation import Evidence
from dataflow_health.storage.ledger.stage_order import STAGES

TAILS = 8
"""Aircraft named; the rest are counted."""
TITLE_PREFIXES = {
    "opened": "FAILED",
    "flapping": "UNSTABLE",
    "unmuted": "MUTE EXPIRED",
    "reminder": "STILL FAILED",
    "escalated": "NOBODY ANSWERS",
    "recovered": "RECOVERED",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        title: Subject line.
        text: Body as plain text.
        html: Body as HTML.
    """

    title: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """Where the links of a message lead.

    Attributes:
        public_url: Of the Dagster UI.
        assets: Asset path of each process in it.
        owners: Who is asked first, by process.
    """

    public_url: str
    assets: Mapping[str, str]
    owners: Mapping[str, str] = field(default_factory=dict)


Line = tuple[str, str]
"""A label and its value; an empty label goes on with the line before."""


def incident_message(
    incident: Incident, kind: MessageKind, place: MessageLinks, now: datetime
) -> Message:
    """The message about one incident.

    Args:
        incident: As it is now.
        kind: What became of it.
        place: Where links lead.
        now: The moment.
    """
    lines = _lines(incident, kind, place, now)
    return render(title(incident, kind, now), lines)


def title(incident: Incident, kind: MessageKind, now: datetime) -> str:
    """One line: how it is, where, why and on which aircraft."""
    head = TITLE_PREFIXES[kind]
    if kind in ("opened", "reminder") and incident.level == "warning":
        head = head.replace("FAILED", "WARNING")
    where = f"{incident.process}: {incident.cause}"
    if kind == "recovered":
        return f"[{_ended(incident)}] {where} after {format_duration(incident.lasted(now))}"
    return f"[{head}] {where}{_on(incident)}"


def combined_message(
    incidents: Sequence[tuple[Incident, MessageKind]], place: MessageLinks, now: datetime
) -> Message:
    """One message about several incidents, when a throttle holds back single ones."""
    lines: list[Line] = []
    for incident, kind in incidents:
        lines += [("", ""), *_lines(incident, kind, place, now)]
    heads = [title(incident, kind, now) for incident, kind in incidents]
    summary = [("", head) for head in heads]
    return render(f"{len(incidents)} incidents at once", [*summary, *lines])


def rerun_command(incident: Incident) -> str:
    """What puts it right once its cause is gone, to copy into a terminal."""
    words = ["dataflow-health", "rerun", "--failed"]
    if incident.process in STAGES:
        words += ["--stage", incident.process]
        words += ["--day", str(incident.days[0])] if len(incident.days) == 1 else []
        words += ["--tail", incident.tails[0]] if len(incident.tails) == 1 else []
    return shlex.join(words)


def _lines(incident: Incident, kind: MessageKind, place: MessageLinks, now: datetime) -> list[Line]:
    lines: list[Line] = [("Incident", f"{incident.id}, {incident.process} / {incident.check}")]
    lines += [("Since", f"{_at(incident.opened_at)} ({format_duration(incident.lasted(now))})")]
    if incident.closed_at:
        lines += [("Until", f"{_at(incident.closed_at)}, {_how(incident)}")]
    if kind == "flapping":
        lines += [("Unstable", "comes and goes; nothing more is said until it settles")]
    lines += [("Asserts", incident.describes), ("Measured", incident.detail)]
    lines += [("Aircraft", _tails(incident)), ("Failing", _failing(incident))]
    lines += [("", _example(item)) for item in incident.examples]
    lines += [("Likely", incident.likely)]
    held = [f"{each.process} ({each.things})" for each in incident.blocked]
    lines += [("Blocked", ", ".join(held))]
    if incident.is_open:
        lines += _what_to_do(incident)
    lines += [("Page", _page(incident, place))]
    return [line for line in lines if line[1]]


def _what_to_do(incident: Incident) -> list[Line]:
    return [
        ("Owner", incident.owner),
        ("Runbook", incident.runbook),
        ("Mend", rerun_command(incident)),
        ("Answer", f"dataflow-health incident ack {incident.id}"),
    ]


def render(subject: str, lines: Sequence[Line]) -> Message:
    """Labelled lines as plain text and as HTML."""
    width = max((len(label) for label, _ in lines), default=0)
    text = "\n".join(f"{label:<{width}}  {value}".rstrip() for label, value in lines)
    rows = "".join(_row(label, value) for label, value in lines)
    markup = (
        f"<h3>{html.escape(subject)}</h3>"
        f'<table cellpadding="3" style="font-family:sans-serif;font-size:14px">{rows}</table>'
    )
    return Message(subject, text + "\n", markup)


def _row(label: str, value: str) -> str:
    shown = html.escape(value)
    if value.startswith(("http://", "https://")):
        shown = f'<a href="{html.escape(value, quote=True)}">{shown}</a>'
    elif value.startswith("dataflow-health "):
        shown = f"<code>{shown}</code>"
    cell = f'<td valign="top"><b>{html.escape(label)}</b></td>'
    return f"<tr>{cell}<td>{shown}</td></tr>"


def _ended(incident: Incident) -> str:
    return "RECOVERED" if incident.resolution == "recovered" else "RESOLVED"


def _how(incident: Incident) -> str:
    if incident.resolution == "recovered":
        return "recovered by itself"
    note = f": {incident.note}" if incident.note else ""
    return f"resolved by {incident.resolved_by} as {incident.resolution}{note}"


def _on(incident: Incident) -> str:
    if len(incident.tails) == 1:
        return f" on {incident.tails[0]}"
    return f" on {len(incident.tails)} aircraft" if incident.tails else ""


def _tails(incident: Incident) -> str:
    more = len(incident.tails) - TAILS
    named = ", ".join(incident.tails[:TAILS])
    return f"{named} and {more} more" if more > 0 else named


def _failing(incident: Incident) -> str:
    if not incident.days and not incident.examples:
        return ""
    most = incident.most_failures
    now = incident.failures if incident.is_open else most
    worst = f" (at most {most})" if most > now else ""
    days = ", ".join(str(day) for day in incident.days[:5])
    return f"{now}{worst}{f' of {days}' if days else ''}"


def _example(item: Evidence) -> str:
    where = " / ".join(part for part in (item.tail, item.archive, item.member) if part)
    place = [f"byte {item.byte_offset}"] if item.byte_offset is not None else []
    place += [f"frame {item.frame}"] if item.frame is not None else []
    what = item.found or item.reason
    expected = f" (expected {item.expected})" if item.expected else ""
    return ": ".join(part for part in (where, ", ".join(place), f"{what}{expected}") if part)


def _page(incident: Incident, place: MessageLinks) -> str:
    if incident.link:
        return incident.link
    key = place.assets.get(incident.process)
    return asset_url(place.public_url, key, incident.check) if key else place.public_url


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
