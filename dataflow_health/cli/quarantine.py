"""``dataflow-health quarantine``: list, show, replay or write off quarantined items."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Unpack

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_client, open_ledger
from dataflow_health.cli.options import json_option, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator, run_days
from dataflow_health.cli.records import QuarantineOptions, open_records, refuse_with_url
from dataflow_health.cli.tail_option import tail_option
from dataflow_health.health.duration import format_duration
from dataflow_health.operations import original_bytes, quarantine
from dataflow_health.schemas import QuarantinedDetail, QuarantinedItem
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine as ledger_quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import REFUSED, SET_ASIDE, State

ids_argument = click.argument("ids", nargs=-1, metavar="[ID]...")
reason_option = click.option("--reason", required=True, help="Reason for the audit log.")


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that select items of the quarantine, for all its commands."""
    for option in (
        click.option("--reason-code", help="Only this reason code, such as no_sync."),
        tail_option("Only this aircraft."),
        click.option("--day", help="Only this arrival day, such as 2026-11-20."),
        click.option("--stage", help="Only this stage."),
    ):
        command = option(command)
    return command


_BYTE_FIELDS = {"path", "size_bytes", "start", "hex", "note"}


@click.group()
def command() -> None:
    """List, show, replay or write off quarantined archives and recordings.

    An ID may be any unique prefix of at least six digits.
    """


@command.command("list")
@filter_options
@click.option("--written-off", is_flag=True, help="List written-off items instead.")
@backend_options
@json_option
@report_errors
def list_command(
    *,
    written_off: bool,
    home: Path | None,
    url: str | None,
    as_json: bool,
    **filters: Unpack[QuarantineOptions],
) -> None:
    """List quarantined items, oldest first. Exit code 1 when there are any."""
    found = open_records(home, url).quarantine(written_off=written_off, **filters)
    if as_json:
        click.echo(json.dumps([item.model_dump(mode="json") for item in found]))
    elif found:
        terminal.console().print(_table(found))
    else:
        click.echo("No item is written off." if written_off else "The quarantine is empty.")
    raise SystemExit(1 if found and not written_off else 0)


@command.command("show")
@click.argument("id_", metavar="ID")
@backend_options
@json_option
@report_errors
def show_command(id_: str, *, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show why an item was refused, with the original bytes around the failure."""
    detail = open_records(home, url).quarantined(id_)
    if as_json:
        click.echo(detail.model_dump_json())
    else:
        _print_detail(detail, terminal.console(highlight=False))


@command.command("replay")
@ids_argument
@filter_options
@reason_option
@click.option("--layout", help="Layout to decode the recordings with from now on.")
@click.option(
    "--run/--no-run",
    default=True,
    help="Run the arrival days now, or leave them to the daemon. Default: run.",
)
@operator_option
@backend_options
@json_option
@report_errors
def replay_command(
    ids: tuple[str, ...],
    *,
    reason: str,
    layout: str | None,
    run: bool,
    operator_name: str | None,
    home: Path | None,
    url: str | None,
    as_json: bool,
    **filters: Unpack[QuarantineOptions],
) -> None:
    """Queue items again for the stage that refused them, and run their arrival days.

    Use it after a fix: newer code, another layout, a corrected sidecar. Written-off items can be
    replayed too, by ID. Select items by ID, or by options: all in quarantine that match each of
    them. Exit code 0 when all items are done, 1 when some were refused again. With --url, the
    daemon there runs them, and exit code 0 says that they are queued.
    """
    if url:
        refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
        _check_selection(ids, filters)
        client = open_client(home, url)
        replayed = (
            sum(client.replay(each, reason=reason, layout=layout) for each in ids)
            if ids
            else client.replay_selection(reason=reason, layout=layout, **filters)
        )
        line = f"{replayed} queued; the daemon runs them."
        click.echo(json.dumps({"replayed": replayed}) if as_json else line)
        return
    settings, deps = open_ledger(home)
    records = _select(deps, ids, filters, SET_ASIDE)
    count = quarantine.replay(
        deps, records, current_operator(operator_name), reason=reason, layout=layout
    )
    days = sorted({record.arrival_day for record in records})
    if run:
        run_days(settings, days, terminal.console(stderr=True, quiet=as_json))
    refused = _still_refused(deps, records)
    if as_json:
        result = {"replayed": count, "days": days, "refused_again": [each.id for each in refused]}
        click.echo(json.dumps(result))
    else:
        click.echo(f"{count} replayed; {len(refused)} refused again.")
    raise SystemExit(1 if refused else 0)


@command.command("write-off")
@ids_argument
@filter_options
@reason_option
@operator_option
@backend_options
@json_option
@report_errors
def write_off_command(
    ids: tuple[str, ...],
    *,
    reason: str,
    operator_name: str | None,
    home: Path | None,
    url: str | None,
    as_json: bool,
    **filters: Unpack[QuarantineOptions],
) -> None:
    """Give items up. Their bytes are kept, and the audit log records who did it and why.

    Select items by ID, or by options: all in quarantine that match each of them.
    """
    if url:
        refuse_with_url(url, "--operator", operator_name, "the audit log names the API key")
        _check_selection(ids, filters)
        client = open_client(home, url)
        count = (
            sum(client.write_off(each, reason=reason) for each in ids)
            if ids
            else client.write_off_selection(reason=reason, **filters)
        )
    else:
        _, deps = open_ledger(home)
        records = _select(deps, ids, filters, REFUSED)
        count = quarantine.write_off(deps, records, current_operator(operator_name), reason=reason)
    click.echo(json.dumps({"written_off": count}) if as_json else f"{count} written off.")


def _select(
    deps: Dependencies,
    ids: Sequence[str],
    filters: QuarantineOptions,
    states: Sequence[State],
) -> list[StageRecord]:
    """The items with some ids, or all in quarantine that match the filters; never all of them."""
    _check_selection(ids, filters)
    if ids:
        return quarantine.find_items(deps, ids, states=states)
    return ledger_quarantine.find(deps.engine, **filters)


def _check_selection(ids: Sequence[str], filters: QuarantineOptions) -> None:
    if bool(ids) == any(filters.values()):
        raise click.UsageError(
            "give either IDs, or at least one of --stage, --day, --tail and --reason-code"
        )


def _still_refused(deps: Dependencies, records: Sequence[StageRecord]) -> list[StageRecord]:
    keys = {(record.id, record.stage) for record in records}
    found = ledger_quarantine.find(deps.engine, states=REFUSED)
    return [record for record in found if (record.id, record.stage) in keys]


def _print_detail(detail: QuarantinedDetail, console: Console) -> None:
    for name, value in detail.model_dump(mode="json", exclude=_BYTE_FIELDS).items():
        if value not in ("", None):
            console.print(Text(f"{name:<13}", "bold"), str(value), soft_wrap=True)
    console.print(f"\n{detail.path} ({detail.size_bytes} bytes)", soft_wrap=True)
    content = bytes.fromhex(detail.hex)
    for line in original_bytes.hex_dump(detail.start, content, detail.byte_offset):
        console.print(line, markup=False)
    if detail.note:
        console.print(detail.note, markup=False)


def _table(found: Sequence[QuarantinedItem]) -> Table:
    table = Table(title="Quarantine", title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in ("id", "age", "stage", "aircraft", "archive and reason"):
        table.add_column(name, overflow="fold")
    for record in found:
        table.add_row(
            record.id[:12],
            format_duration(timedelta(seconds=record.age_s)),
            record.stage,
            record.tail,
            f"{record.archive}\n{record.reason}: {record.detail}",
        )
    return table
