"""``dataflow-health incident``: list, show, acknowledge, mute or resolve incidents."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.alerting import incident_commands, messages
from dataflow_health.alerting.incident_actions import RESOLUTIONS
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.cli import terminal
from dataflow_health.cli.options import (
    action_options,
    json_option,
    limit_option,
    load_settings,
    report_errors,
)
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.health.delivery import MessageKind
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.monitoring import dagster_links
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import reading

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
@json_option
@report_errors
def list_command(*, show_all: bool, process: str | None, limit: int, as_json: bool) -> None:
    """List incidents, newest first. Exit code 1 when one is open."""
    deps = wiring.dependencies(load_settings(quiet=True))
    found = incidents.find(
        deps.engine, is_open=None if show_all else True, process=process, limit=limit
    )
    if as_json:
        click.echo(json.dumps([incident.model_dump(mode="json") for incident in found]))
    elif found:
        terminal.console().print(_table(found, deps.clock()))
    else:
        click.echo("There are no incidents." if show_all else "There are no open incidents.")
    raise SystemExit(1 if any(incident.is_open for incident in found) else 0)


@command.command("show")
@id_argument
@json_option
@report_errors
def show_command(id_: int, *, as_json: bool) -> None:
    """Show one incident with everything its notification says."""
    settings = load_settings(quiet=True)
    deps = wiring.dependencies(settings)
    with reading(deps.engine) as connection:
        incident = incidents.get(connection, id_)
    if as_json:
        click.echo(incident.model_dump_json())
        return
    kind: MessageKind = "opened" if incident.is_open else "recovered"
    paths = dagster_links.asset_paths(tuple(deps.catalogue.processes))
    links = MessageLinks(settings.public_url, paths)
    message = messages.incident_message(incident, kind, links, deps.clock())
    click.echo(f"{message.title}\n\n{message.text}\nState: {_state(incident)}")


def _add_note_command(name: str, change: Callable[..., Incident], describes: str) -> None:
    """Adds a command that changes an incident and takes only a note."""

    @command.command(name, help=describes)
    @id_argument
    @action_options
    def changed(id_: int, *, note: str, operator_name: str | None, as_json: bool) -> None:
        deps = wiring.dependencies(load_settings(quiet=True))
        operator = current_operator(operator_name)
        incident = change(deps.engine, id_, operator, note=note, now=deps.clock())
        _print_state(incident, as_json=as_json)


_add_note_command(
    "ack",
    incident_commands.acknowledge,
    "Acknowledge an incident: it sends no more reminders and does not escalate.",
)
_add_note_command("unmute", incident_commands.unmute, "End a mute early.")


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
    operator_name: str | None,
    as_json: bool,
) -> None:
    """Mute notifications until a given time. Needs --for or --until, and a ticket URL."""
    deps = wiring.dependencies(load_settings(quiet=True))
    now = deps.clock()
    incident = incident_commands.mute(
        deps.engine,
        id_,
        current_operator(operator_name),
        note=note,
        until=_mute_end(duration, until, now),
        ticket=ticket,
        now=now,
    )
    _print_state(incident, as_json=as_json)


@command.command("resolve")
@id_argument
@click.option("--as", "how", type=click.Choice(RESOLUTIONS), required=True, help="How it ended.")
@action_options
def resolve_command(
    id_: int, *, how: str, note: str, operator_name: str | None, as_json: bool
) -> None:
    """Resolve an incident by hand.

    If the check still fails, the incident opens again only when there are more failures, or when
    the check has passed in between.
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    incident = incident_commands.resolve(
        deps.engine, id_, current_operator(operator_name), how=how, note=note, now=deps.clock()
    )
    _print_state(incident, as_json=as_json)


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


def _table(found: list[Incident], now: datetime) -> Table:
    table = Table(title="Incidents", title_justify="left")
    for name in ("id", "level", "check", "cause", "failures", "aircraft", "duration", "state"):
        table.add_column(name, overflow="fold")
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
