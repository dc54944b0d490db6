"""``dataflow-health alert``: which rules there are, whether their channels work, one round now."""

import json
from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from dataflow_health import settings, wiring
from dataflow_health.alerting import apprise_channel, cycle, messages, offline_store
from dataflow_health.cli.options import load_settings, report_errors
from dataflow_health.cli.pipeline_run import operator
from dataflow_health.clock import utc_now
from dataflow_health.errors import NotFound
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.storage.records import audit_log

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.group()
def command() -> None:
    """Alert rules and their channels."""


@command.command("rules")
@AS_JSON
@report_errors
def rules_command(*, as_json: bool) -> None:
    """Every rule, and which of its channels are set in the environment."""
    rules = wiring.catalogue(load_settings(quiet=True)).alerts
    environment = settings.environment()
    if as_json:
        click.echo(json.dumps({name: _channels(rule, environment) for name, rule in rules.items()}))
        return
    table = Table(title="Alert rules", title_justify="left")
    for name in ("rule", "tells", "channels"):
        table.add_column(name, overflow="fold")
    for name, rule in rules.items():
        known = _channels(rule, environment).items()
        shown = "\n".join(f"{c} {'is set' if is_set else 'is not set'}" for c, is_set in known)
        table.add_row(name, rule.describes, shown)
    Console().print(table)


@command.command("test")
@click.option("--rule", "name", help="Keep to one rule.")
@click.option("--who", help="Who does it, for the audit; the login when not given.")
@AS_JSON
@report_errors
def test_command(*, name: str | None, who: str | None, as_json: bool) -> None:
    """Sends a test message to every channel that is set. Exit code 1 when one fails."""
    chosen = load_settings(quiet=True)
    deps = wiring.dependencies(chosen)
    environment = settings.export(chosen)
    found: dict[str, str] = {}
    for channel in _wanted(deps.catalogue.alerts, name):
        url = environment.get(channel)
        message = messages.render(
            "[TEST] Dataflow Health", [("Channel", channel), ("Asked by", operator(who).name)]
        )
        fault = apprise_channel.send(url, message, environment) if url else "is not set"
        found[channel] = fault
        audit_log.record(
            deps.engine,
            operator(who),
            "alert_test",
            channel,
            reason=fault or "sent",
            at=deps.clock(),
            succeeded=not fault,
        )
    if as_json:
        click.echo(json.dumps({c: {"sent": not f, "fault": f} for c, f in found.items()}))
    else:
        for channel, fault in found.items():
            click.echo(f"{channel}: {fault or 'sent'}")
    raise SystemExit(1 if any(found.values()) else 0)


@command.command("send")
@AS_JSON
@report_errors
def send_command(*, as_json: bool) -> None:
    """One round of on call now: for a machine without the daemon, from cron.

    Exit code 1 when a message could not be sent; it is tried again by the next round.
    """
    chosen = load_settings(quiet=True)
    deps = wiring.dependencies(chosen)
    posted = cycle.make_notifier(deps.catalogue, chosen, settings.export(chosen))
    done = cycle.run_cycle(lambda: deps, deps.catalogue, posted, offline_store.Memory(), utc_now())
    told = {"changed": done.changed, "sent": done.sent, "failed": done.failed}
    click.echo(json.dumps(told) if as_json else f"{done}.")
    raise SystemExit(1 if done.failed or done.fault else 0)


def _channels(rule: AlertRule, environment: Mapping[str, str]) -> dict[str, bool]:
    return {channel: bool(environment.get(channel)) for channel in rule.every_channel()}


def _wanted(rules: Mapping[str, AlertRule], name: str | None) -> list[str]:
    if name is not None and name not in rules:
        raise NotFound(f"no alert rule {name!r}; rules: {', '.join(sorted(rules)) or 'none'}")
    chosen = [rule for key, rule in rules.items() if name in (None, key)]
    return list(dict.fromkeys(channel for rule in chosen for channel in rule.every_channel()))
