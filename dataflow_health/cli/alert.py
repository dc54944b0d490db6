"""``dataflow-health alert``: list alert rules, test their channels, send due notifications."""

import json
from collections.abc import Mapping

import click
from rich.table import Table

from dataflow_health import settings, wiring
from dataflow_health.alerting import broadcast, cycle
from dataflow_health.alerting.message_format import Line, render
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.alerting.outgoing import Outgoing
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator
from dataflow_health.clock import utc_now
from dataflow_health.errors import NotFound
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.storage.records import audit_log

NOT_CONFIGURED = "is not configured"


@click.group()
def command() -> None:
    """List alert rules, test their channels, or send due notifications."""


@command.command("rules")
@json_option
@report_errors
def rules_command(*, as_json: bool) -> None:
    """List every alert rule, and which of its channels are configured in the environment."""
    rules = wiring.catalogue(load_settings(quiet=True)).alerts
    environment = settings.environment()
    configured = {name: _configured(rule, environment) for name, rule in rules.items()}
    if as_json:
        click.echo(json.dumps(configured))
        return
    table = Table(title="Alert rules", title_justify="left")
    for name in ("rule", "description", "channels"):
        table.add_column(name, overflow="fold")
    for name, rule in rules.items():
        channels = (
            f"{channel} {'is configured' if is_set else NOT_CONFIGURED}"
            for channel, is_set in configured[name].items()
        )
        table.add_row(name, rule.describes, "\n".join(channels))
    terminal.console().print(table)


@command.command("test")
@click.option("--rule", "name", help="Only the channels of this rule.")
@operator_option
@json_option
@report_errors
def test_command(*, name: str | None, operator_name: str | None, as_json: bool) -> None:
    """Send a test message to every channel. Exit code 1 when one fails or is not configured."""
    loaded = load_settings(quiet=True)
    deps = wiring.dependencies(loaded)
    environment = settings.export(loaded)
    outgoing = Outgoing(loaded, deps.catalogue.recorders, environment)
    errors: dict[str, str] = {}
    for channel in _channels(deps.catalogue.alerts, name):
        url = environment.get(channel)
        requested_by = current_operator(operator_name).name
        lines = [Line("Channel", channel), Line("Requested by", requested_by)]
        message = render("[TEST] Dataflow Health", lines)
        error = outgoing.send(url, message) if url else NOT_CONFIGURED
        errors[channel] = error
        audit_log.record(
            deps.engine,
            current_operator(operator_name),
            "alert_test",
            channel,
            reason=error or "sent",
            at=deps.clock(),
            succeeded=not error,
        )
    if as_json:
        results = {
            channel: {"sent": not error, "error": error} for channel, error in errors.items()
        }
        click.echo(json.dumps(results))
    else:
        for channel, error in errors.items():
            click.echo(f"{channel}: {error or 'sent'}")
    raise SystemExit(1 if any(errors.values()) else 0)


@command.command("send")
@json_option
@report_errors
def send_command(*, as_json: bool) -> None:
    """Update incidents once and send due notifications: for machines without the daemon, by cron.

    Exit code 1 when a message could not be sent; the next call tries it again.
    """
    loaded = load_settings(quiet=True)
    deps = wiring.dependencies(loaded)
    notifier = cycle.make_notifier(deps.catalogue, loaded, settings.export(loaded))
    result = cycle.run_cycle(lambda: deps, deps.catalogue, notifier, OfflineRecords(), utc_now())
    if as_json:
        counts = {"changed": result.changed, "sent": result.sent, "failed": result.failed}
        click.echo(json.dumps(counts))
    else:
        click.echo(f"{result}.")
    raise SystemExit(1 if result.failed or result.ledger_error else 0)


def _configured(rule: AlertRule, environment: Mapping[str, str]) -> dict[str, bool]:
    return {channel: bool(environment.get(channel)) for channel in rule.all_channels()}


def _channels(rules: Mapping[str, AlertRule], name: str | None) -> list[str]:
    if name is not None and name not in rules:
        raise NotFound(f"no alert rule {name!r}; rules: {', '.join(sorted(rules)) or 'none'}")
    chosen = [rule for key, rule in rules.items() if name in (None, key)]
    return broadcast.channels(chosen)
