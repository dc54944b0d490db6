"""``dataflow-health incident``: list, show, acknowledge, mute or resolve incidents."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Unpack

import click
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from dataflow_health.alerting import messages
from dataflow_health.alerting.incident_actions import RESOLUTIONS
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import as_typed, json_option, limit_option, report_errors
from dataflow_health.cli.records import LocalRecords, Where, action_options, open_records
from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health.health.delivery import MessageKind
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.monitoring import dagster_links

MAX_TAILS = 3
"""Tail numbers shown per incident in the list."""

id_argument = click.argument("id_", metavar="ID", type=click.IntRange(1))


@click.group()
def command() -> None:
    """List, show, acknowledge, mute or resolve incidents."""


@command.command("list")
@click.option("--all", "show_all", is_flag=True, help="List ended incidents too.")
@click.option("--process", help="Only incidents of this process.")
@limit_option
@backend_options
@json_option
@report_errors
def list_command(
    *,
    show_all: bool,
    process: str | None,
    limit: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """List incidents, newest first. Exit code 1 when one is open."""
    state = "all" if show_all else "open"
    found = open_records(home, url).incidents(state=state, process=process or "", limit=limit)
    if as_json:
        click.echo(json.dumps([incident.model_dump(mode="json") for incident in found]))
    elif found:
        terminal.console().print(_table(found, utc_now()))
    else:
        click.echo("There are no incidents." if show_all else "There are no open incidents.")
    raise SystemExit(1 if any(incident.is_open for incident in found) else 0)


@command.command("show")
@id_argument
@backend_options
@json_option
@report_errors
def show_command(id_: int, *, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show one incident with everything its notification says."""
    records = open_records(home, url)
    incident = records.incident(id_)
    if as_json:
        click.echo(incident.model_dump_json())
        return
    kind: MessageKind = "opened" if incident.is_open else "recovered"
    paths = dagster_links.asset_paths([incident.problem.process])
    links = MessageLinks(_dagster_url(records), paths)
    message = messages.incident_message(incident, kind, links, utc_now())
    click.echo(as_typed(f"{message.title}\n\n{message.text}\nState: {_state(incident)}"))


def _dagster_url(records: LocalRecords | Client) -> str:
    if isinstance(records, LocalRecords):
        return records.settings.public_url
    return records.session().dagster_url


@command.command("ack")
@id_argument
@action_options
def ack_command(id_: int, *, note: str, as_json: bool, **where: Unpack[Where]) -> None:
    """Acknowledge an incident: it sends no more reminders and does not escalate."""
    _print_state(open_records(**where).acknowledge(id_, note=note), as_json=as_json)


@command.command("unmute")
@id_argument
@action_options
def unmute_command(id_: int, *, note: str, as_json: bool, **where: Unpack[Where]) -> None:
    """End a mute early."""
    _print_state(open_records(**where).unmute(id_, note=note), as_json=as_json)


@command.command("mute")
@id_argument
@click.option("--for", "duration", help="Duration of the mute, such as PT4H or P2D.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="End of the mute, UTC.",
)
@click.option("--ticket", required=True, help="URL of the ticket that tracks the problem.")
@action_options
def mute_command(
    id_: int,
    *,
    duration: str | None,
    until: datetime | None,
    ticket: str,
    note: str,
    as_json: bool,
    **where: Unpack[Where],
) -> None:
    """Mute notifications until a given time. Needs --for or --until, and a ticket URL."""
    end = _mute_end(duration, until, utc_now())
    muted = open_records(**where).mute(id_, until=end, ticket=ticket, note=note)
    _print_state(muted, as_json=as_json)


@command.command("resolve")
@id_argument
@click.option("--as", "how", type=click.Choice(RESOLUTIONS), required=True, help="How it ended.")
@action_options
def resolve_command(
    id_: int, *, how: str, note: str, as_json: bool, **where: Unpack[Where]
) -> None:
    """Resolve an incident by hand.

    If the check still fails, the incident opens again only when there are more failures, or when
    the check has passed in between.
    """
    _print_state(open_records(**where).resolve(id_, how=how, note=note), as_json=as_json)


def _mute_end(duration: str | None, until: datetime | None, now: datetime) -> datetime:
    if (duration is None) == (until is None):
        raise click.UsageError("give either --for or --until: every mute needs an end")
    if until is not None:
        return until.replace(tzinfo=UTC)
    try:
        return now + TypeAdapter(timedelta).validate_python(duration)
    except ValidationError:
        message = f"--for {duration}: not an ISO 8601 duration such as PT4H or P2D"
        raise click.UsageError(message) from None


def _print_state(incident: Incident, *, as_json: bool) -> None:
    line = f"Incident {incident.id} is {_state(incident)}."
    click.echo(incident.model_dump_json() if as_json else line)


def _state(incident: Incident) -> str:
    if incident.state == "muted" and incident.muted_until:
        return f"muted until {incident.muted_until:%Y-%m-%d %H:%M} UTC, {incident.mute_ticket}"
    if incident.state == "acknowledged":
        return f"acknowledged by {incident.acknowledged_by}"
    if incident.state == "resolved":
        by = f" by {incident.resolved_by}" if incident.resolved_by else ""
        return f"resolved as {incident.resolution}{by}"
    return "open"


def _table(found: Sequence[Incident], now: datetime) -> Table:
    table = Table(title="Incidents", title_justify="left", box=None, padding=(0, 1, 0, 0))
    names = max((len(each.problem.check) for each in found), default=0)
    for name in ("id", "level", "check", "cause", "failures", "aircraft", "duration", "state"):
        table.add_column(name, overflow="fold", min_width=names if name == "check" else None)
    for incident in found:
        problem = incident.problem
        more = " ..." if len(problem.tails) > MAX_TAILS else ""
        table.add_row(
            str(incident.id),
            {"error": "FAILED", "warning": "WARNING"}[incident.effective_severity],
            f"{problem.process} / {problem.check}",
            f"{problem.cause}\n{incident.likely_cause}".strip(),
            str(problem.failures),
            ", ".join(problem.tails[:MAX_TAILS]) + more,
            format_duration(incident.duration(now)),
            _state(incident),
        )
    return table
