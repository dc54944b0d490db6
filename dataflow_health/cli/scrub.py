"""``dataflow-health scrub``: compares lake and results with the ledger, and repairs them."""

import json
from collections.abc import Sequence
from datetime import datetime

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import open_ledger
from dataflow_health.cli.options import json_option, operator_option, report_errors
from dataflow_health.cli.pipeline_run import current_operator, run_days
from dataflow_health.errors import NotFound
from dataflow_health.operations import kept_files, leftover_files, scrub, scrub_round, scrub_rows
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.operations.scrub import DamagedFile
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import arrival_days
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import scrub_shares


@click.command()
@click.option("--stage", type=click.Choice(STAGES), help="Only what this stage has made.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Only an arrival day: 2026-11-20.")
@click.option("--repair", is_flag=True, help="Make what is damaged again.")
@click.option("--sweep", is_flag=True, help="Remove files that the ledger does not name.")
@operator_option
@json_option
@report_errors
def command(
    *,
    stage: str | None,
    day: datetime | None,
    repair: bool,
    sweep: bool,
    operator_name: str | None,
    as_json: bool,
) -> None:
    """Compare the files of the lake and the rows of the results with the ledger.

    Reads every file of finished work, and compares every value in SQL with the file that it was
    loaded from. Exit code 1 when a file is missing or has other bytes than were written, or rows
    differ; 0 when --repair has made all of them again. Only the same archive sent again repairs one
    of download. The board shows what is damaged until it is right again.
    """
    settings, deps = open_ledger()
    arrival_day = f"{day:%F}" if day else None
    files = kept_files.find(deps.engine, stage, arrival_day)
    if not files and stage != "load" and (stage or day):
        raise NotFound("no finished work of this stage and day has a file in the lake")
    scrub_round.look_again(deps.engine, deps.lake)
    damaged = _find_damaged(deps, files, stage, arrival_day)
    scrub_round.save(deps.engine, damaged, deps.clock())
    if not stage and not day:
        scrub_shares.mark_all_read(deps.engine, deps.clock())
    if repair and damaged:
        operator = current_operator(operator_name)
        days = scrub.repair(deps.engine, damaged, operator, at=deps.clock())
        run_days(settings, days, terminal.console(stderr=True, quiet=as_json))
        damaged = _find_damaged(
            deps, kept_files.find(deps.engine, stage, arrival_day), stage, arrival_day
        )
    leftovers = leftover_files.find(deps.engine, deps.lake, stage=stage, day=arrival_day)
    if sweep:
        leftovers = leftover_files.sweep(deps.engine, deps.lake, leftovers)
    if as_json:
        found = [{**e.file._asdict(), "reason": e.reason, "detail": e.detail} for e in damaged]
        click.echo(json.dumps({"files": len(files), "damaged": found, "leftovers": leftovers}))
    else:
        _print(len(files), damaged, leftovers, swept=sweep)
    raise SystemExit(int(bool(damaged)))


def _find_damaged(
    deps: Dependencies, files: Sequence[KeptFile], stage: str | None, day: str | None
) -> list[DamagedFile]:
    damaged = list(scrub.find_damaged(deps.engine, deps.lake, files))
    if stage in (None, "load"):
        for each in [day] if day else arrival_days.with_results(deps.engine):
            damaged += scrub_rows.find_changed(deps.engine, deps.lake, each)
    if stage in (None, "download"):
        damaged += scrub_round.find_unknown(deps, lambda each: day in (None, each), deps.clock())
    return damaged


def _print(
    count: int, damaged: Sequence[DamagedFile], leftovers: Sequence[str], *, swept: bool
) -> None:
    console = terminal.console()
    if leftovers:
        what = "removed" if swept else "there; to remove them: dataflow-health scrub --sweep"
        console.print(f"{len(leftovers)} files that the ledger does not name are {what}")
    if not damaged:
        console.print(f"{count} files and their results are as they were written.")
        return
    table = Table(title=f"{len(damaged)} of {count} files are damaged", title_justify="left")
    for name in ("stage", "arrival day", "recording", "reason", "detail"):
        table.add_column(name, overflow="fold")
    for each in damaged:
        more = f" and {each.file.items - 1} more" if each.file.items > 1 else ""
        item = f"{each.file.item[:12]}{more}"
        table.add_row(each.file.stage, each.file.arrival_day, item, each.reason, each.detail)
    console.print(table)
