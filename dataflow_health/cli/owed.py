"""``dataflow-health owed``: answers that algorithms owe."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options
from dataflow_health.cli.options import as_typed, json_option, limit_option, report_errors
from dataflow_health.cli.records import open_records
from dataflow_health.schemas import OutdatedDay, OwedArrivalDay, OwedWork, RecordingDebtPage

MAX_DAYS = 5
"""Arrival days shown per algorithm; ``--json`` holds all of them."""


@click.command()
@click.option("--recordings", "as_recordings", is_flag=True, help="List single recordings.")
@click.option("--algorithm", default="", help="List the recordings that it owes an answer.")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="List the recordings of an arrival day: 2026-11-20.",
)
@limit_option
@backend_options
@json_option
@report_errors
def command(
    *,
    as_recordings: bool,
    algorithm: str,
    day: datetime | None,
    limit: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Show analysed recordings without an answer of a declared algorithm, by algorithm and day.

    Also shows recordings whose parser, recorder, layout or mapping changed since they were
    processed. Exit code 0 when nothing is owed, 1 when something is.

    To pay: dataflow-health rerun --owed
    """
    records = open_records(home, url)
    if as_recordings or algorithm or day:
        arrival_day = f"{day:%F}" if day else ""
        page = records.owed_recordings(algorithm=algorithm, day=arrival_day, limit=limit)
        click.echo(page.model_dump_json()) if as_json else _print_recordings(page)
        raise SystemExit(int(bool(page.recordings)))
    work = records.owed_work()
    click.echo(work.model_dump_json()) if as_json else _print(work)
    raise SystemExit(int(bool(work.answers or work.outdated)))


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
    if not work.answers and not work.outdated:
        console.print("Nothing is owed: every analysed recording has all answers.")
        return
    if work.algorithms:
        console.print(_answers_table(work))
    if work.outdated:
        console.print(_outdated_table(work))
    console.print(as_typed("To pay: dataflow-health rerun --owed"), soft_wrap=True)


def _answers_table(work: OwedWork) -> Table:
    table = Table(title="Owed answers", title_justify="left")
    for name in ("algorithm", "since"):
        table.add_column(name)
    table.add_column("answers", justify="right")
    table.add_column("arrival days, newest first")
    for each in work.algorithms:
        since = f"{each.since:%Y-%m-%d %H:%M}Z"
        table.add_row(each.algorithm, since, str(each.answers), _days(each.days))
    return table


def _outdated_table(work: OwedWork) -> Table:
    title = "Processed with an older parser, recorder, layout or mapping"
    table = Table(title=title, title_justify="left")
    table.add_column("first stage")
    table.add_column("recordings", justify="right")
    table.add_column("arrival days, newest first")
    for stage in dict.fromkeys(each.stage for each in work.outdated):
        days = [each for each in work.outdated if each.stage == stage]
        table.add_row(stage, str(sum(each.recordings for each in days)), _days(days))
    return table


def _days(days: Sequence[OwedArrivalDay | OutdatedDay]) -> str:
    texts = [f"{day.arrival_day} ({day.recordings})" for day in days[:MAX_DAYS]]
    more = len(days) - len(texts)
    return ", ".join([*texts, *([f"and {more} more"] if more else [])])
