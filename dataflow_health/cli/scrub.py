"""``dataflow-health scrub``: compares the files of the lake with the ledger."""

import json
from datetime import datetime

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, report_errors
from dataflow_health.errors import NotFound
from dataflow_health.operations import scrub
from dataflow_health.operations.scrub import DamagedFile
from dataflow_health.storage.ledger.stage_order import STAGES


@click.command()
@click.option("--stage", type=click.Choice(STAGES), help="Only the files of this stage.")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Only the files of an arrival day: 2026-11-20."
)
@json_option
@report_errors
def command(*, stage: str | None, day: datetime | None, as_json: bool) -> None:
    """Compare the files of the lake with the digests in the ledger. Changes nothing.

    Reads every file of finished work. Exit code 1 when one is missing or has other bytes than were
    written. The same archive sent again repairs one of download; "dataflow-health rebuild" makes
    the others again.
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    files = scrub.kept_files(deps.engine, stage, f"{day:%F}" if day else None)
    if not files and (stage or day):
        raise NotFound("no finished work of this stage and day has a file in the lake")
    damaged = list(scrub.find_damaged(deps.engine, deps.lake, files))
    if as_json:
        found = [{**e.file._asdict(), "reason": e.reason, "detail": e.detail} for e in damaged]
        click.echo(json.dumps({"files": len(files), "damaged": found}))
    else:
        _print(len(files), damaged)
    raise SystemExit(int(bool(damaged)))


def _print(count: int, damaged: list[DamagedFile]) -> None:
    console = terminal.console()
    if not damaged:
        console.print(f"{count} files have the bytes that were written.")
        return
    table = Table(title=f"{len(damaged)} of {count} files are damaged", title_justify="left")
    for name in ("stage", "arrival day", "recording", "reason", "detail"):
        table.add_column(name, overflow="fold")
    for each in damaged:
        more = f" and {each.file.items - 1} more" if each.file.items > 1 else ""
        item = f"{each.file.item[:12]}{more}"
        table.add_row(each.file.stage, each.file.arrival_day, item, each.reason, each.detail)
    console.print(table)
