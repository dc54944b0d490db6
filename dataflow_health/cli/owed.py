"""``dataflow-health owed``: answers that algorithms owe."""

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import (
    json_option,
    limit_option,
    load_settings,
    report_errors,
)
from dataflow_health.operations import owed
from dataflow_health.schemas import OwedWork, RecordingDebtPage

MAX_DAYS = 5
"""Arrival days shown per algorithm; ``--json`` holds all of them."""


@click.command()
@click.option("--recordings", "as_recordings", is_flag=True, help="List single recordings.")
@click.option("--algorithm", default="", help="List the recordings that it owes an answer.")
@click.option("--day", default="", help="List the recordings of an arrival day: 2026-11-20.")
@limit_option
@json_option
@report_errors
def command(*, as_recordings: bool, algorithm: str, day: str, limit: int, as_json: bool) -> None:
    """Show analysed recordings without an answer of a declared algorithm, by algorithm and day.

    Exit code 0 when nothing is owed, 1 when an answer is. To pay: dataflow-health rerun --owed
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    now = deps.clock()
    owed.declare(deps.engine, deps.catalogue, now)
    if as_recordings or algorithm or day:
        page = owed.recordings(deps.engine, algorithm=algorithm, day=day, limit=limit)
        click.echo(page.model_dump_json()) if as_json else _print_recordings(page)
        raise SystemExit(int(bool(page.recordings)))
    work = owed.owed_work(deps.engine, now)
    click.echo(work.model_dump_json()) if as_json else _print(work)
    raise SystemExit(int(bool(work.answers)))


def _print_recordings(page: RecordingDebtPage) -> None:
    console = terminal.console()
    if not page.recordings:
        console.print("No recording is owed an answer.")
        return
    table = Table(title="Recordings that are owed answers", title_justify="left")
    for name in ("arrival day", "aircraft", "recording", "owed by"):
        table.add_column(name)
    for each in page.recordings:
        first, more = each.algorithms[0], len(each.algorithms) - 1
        owed_by = f"{first} and {more} more" if more else first
        table.add_row(str(each.arrival_day), each.tail, each.recording[:12], owed_by)
    console.print(table)
    if len(page.recordings) == page.limit:
        console.print(f"The newest {page.limit}; to see more: --limit")


def _print(work: OwedWork) -> None:
    console = terminal.console()
    if not work.answers:
        console.print("Nothing is owed: every analysed recording has all answers.")
        return
    table = Table(title="Owed answers", title_justify="left")
    for name in ("algorithm", "since"):
        table.add_column(name)
    table.add_column("answers", justify="right")
    table.add_column("arrival days, newest first")
    for each in work.algorithms:
        days = [f"{day.arrival_day} ({day.recordings})" for day in each.days[:MAX_DAYS]]
        more = len(each.days) - len(days)
        days += [f"and {more} more"] if more else []
        since = f"{each.since:%Y-%m-%d %H:%M}Z"
        table.add_row(each.algorithm, since, str(each.answers), ", ".join(days))
    console.print(table)
    console.print("To pay: dataflow-health rerun --owed", soft_wrap=True)
