"""``dataflow-health incident``: what is open, who looks after it, and how it ended."""

import json
from datetime import UTC, datetime, timedelta

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.alerting import incident_engine, messages
from dataflow_health.alerting.incident_actions import RESOLUTIONS
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.cli.pipeline_run import operator
from dataflow_health.health.duration import format_duration
from dataflow_health.health.incident import Incident
from dataflow_health.health.notification_policy import MessageKind
from dataflow_health.monitoring import dagster_links
from dataflow_health.settings import Settings
from dataflow_health.storage.records import incidents as storage
from dataflow_health.storage.sql.database import reading

NUMBER = click.argument("number", type=click.IntRange(1))
WHO = click.option("--who", help="Who does it, for the audit; the login when not given.")
NOTE = click.option("--note", default="", help="In your own words; the audit keeps it.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group()
def command() -> None:
    """What is open, who looks after it, and how it ended."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that ended, too.")
@click.option("--process", help="Keep to one root process.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@AS_JSON
@report_errors
def list_command(*, everything: bool, process: str | None, limit: int, as_json: bool) -> None:
    """Incidents, newest first. Exit code 1 when one is open."""
    deps = wiring.dependencies(load_settings(quiet=True))
    found = storage.find(
        deps.engine, is_open=None if everything else True, process=process, limit=limit
    )
    if as_json:
        click.echo(json.dumps([each.model_dump(mode="json") for each in found]))
    elif found:
        Console().print(_table(found, deps.clock()))
    else:
        click.echo("No incident is open." if not everything else "There never was an incident.")
    raise SystemExit(1 if any(each.is_open for each in found) else 0)


@command.command("show")
@NUMBER
@AS_JSON
@report_errors
def show_command(number: int, *, as_json: bool) -> None:
    """Everything about one incident, as its message says it."""
    chosen = load_settings(quiet=True)
    deps = wiring.dependencies(chosen)
    with reading(deps.engine) as connection:
        incident = storage.get(connection, number)
    if as_json:
        click.echo(incident.model_dump_json())
        return
    kind: MessageKind = "opened" if incident.is_open else "recovered"
    message = messages.incident_message(
        incident, kind, _place(chosen, tuple(deps.catalogue.processes)), deps.clock()
    )
    click.echo(f"{message.title}\n\n{message.text}\nState: {_state(incident)}")


@command.command("ack")
@NUMBER
@NOTE
@WHO
@AS_JSON
@report_errors
def ack_command(number: int, *, note: str, who: str | None, as_json: bool) -> None:
    """You look after it: no reminders, no escalation."""
    deps = wiring.dependencies(load_settings(quiet=True))
    done = incident_engine.acknowledge(
        deps.engine, number, operator(who), note=note, now=deps.clock()
    )
    _tell(done, as_json=as_json)


@command.command("mute")
@NUMBER
@click.option("--for", "span", help="How long, as PT4H or P2D.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="UTC.")
@click.option("--ticket", required=True, help="URL of where it is dealt with.")
@NOTE
@WHO
@AS_JSON
@report_errors
def mute_command(
    number: int,
    *,
    span: str | None,
    until: datetime | None,
    ticket: str,
    note: str,
    who: str | None,
    as_json: bool,
) -> None:
    """Silent until a moment; then it comes back. Needs that moment and a ticket."""
    deps = wiring.dependencies(load_settings(quiet=True))
    now = deps.clock()
    done = incident_engine.mute(
        deps.engine,
        number,
        operator(who),
        note=note,
        until=_end(span, until, now),
        ticket=ticket,
        now=now,
    )
    _tell(done, as_json=as_json)


@command.command("unmute")
@NUMBER
@NOTE
@WHO
@AS_JSON
@report_errors
def unmute_command(number: int, *, note: str, who: str | None, as_json: bool) -> None:
    """Back before its mute expires."""
    deps = wiring.dependencies(load_settings(quiet=True))
    done = incident_engine.unmute(deps.engine, number, operator(who), note=note, now=deps.clock())
    _tell(done, as_json=as_json)


@command.command("resolve")
@NUMBER
@click.option("--as", "how", type=click.Choice(RESOLUTIONS), required=True, help="How it ended.")
@NOTE
@WHO
@AS_JSON
@report_errors
def resolve_command(number: int, *, how: str, note: str, who: str | None, as_json: bool) -> None:
    """Ends it. If it still fails, only more failures, or a pass before, open it again."""
    deps = wiring.dependencies(load_settings(quiet=True))
    done = incident_engine.resolve(
        deps.engine, number, operator(who), how=how, note=note, now=deps.clock()
    )
    _tell(done, as_json=as_json)


def _end(span: str | None, until: datetime | None, now: datetime) -> datetime:
    if (span is None) == (until is None):
        raise click.UsageError("say --for or --until: a mute without an end is forgotten")
    if until is not None:
        return until.replace(tzinfo=UTC)
    try:
        return now + TypeAdapter(timedelta).validate_python(span)
    except ValidationError:
        raise click.UsageError(f"--for {span}: write a duration as PT4H or P2D") from None


def _place(chosen: Settings, processes: tuple[str, ...]) -> MessageLinks:
    return MessageLinks(chosen.public_url, dagster_links.asset_paths(processes))


def _tell(incident: Incident, *, as_json: bool) -> None:
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
    for name in ("id", "level", "where", "cause", "failing", "aircraft", "for", "state"):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(
            str(each.id),
            {"error": "FAILED", "warning": "WARNING"}[each.level],
            f"{each.process} / {each.check}",
            f"{each.cause}\n{each.likely}".strip(),
            str(each.failures),
            ", ".join(each.tails[:3]) + (" ..." if len(each.tails) > 3 else ""),
            format_duration(each.lasted(now)),
            _state(each),
        )
    return table
