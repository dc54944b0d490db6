"""``dataflow-health owed``: answers that algorithms owe."""

import click
from rich.table import Table

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, load_settings, report_errors
from dataflow_health.operations import owed
from dataflow_health.schemas import OwedWork

MAX_DAYS = 5
"""Arrival days shown per algorithm; ``--json`` holds all of them."""


@click.command()
@json_option
@report_errors
def command(*, as_json: bool) -> None:
    """Show analysed recordings without an answer of a declared algorithm, by algorithm and day.

    Exit code 0 when nothing is owed, 1 when an answer is. To pay: dataflow-health rerun --owed
    """
    deps = wiring.dependencies(load_settings(quiet=True))
    now = deps.clock()
    owed.declare(deps.engine, deps.catalogue, now)
    work = owed.owed_work(deps.engine, now)
    if as_json:
        click.echo(work.model_dump_json())
    else:
        _print(work)
    raise SystemExit(int(bool(work.answers)))


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
