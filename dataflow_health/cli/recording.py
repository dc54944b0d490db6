"""``dataflow-health recording``: show the history of a recording, or plot its parameters."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.schemas import RecordedParameter, RecordingHistory, RecordingStage
from dataflow_health.storage.ledger.stage_order import STAGES

_STYLE = {"done": "green", "quarantined": "bold red", "written_off": "dim", "running": "blue"}


@click.group()
def command() -> None:
    """Show the history of a recording, or plot its parameters."""


@command.command()
@click.argument("recording")
@backend_options
@json_option
@report_errors
def show(*, recording: str, home: Path | None, url: str | None, as_json: bool) -> None:
    """Show the result of every stage for a recording, and the findings in it.

    RECORDING is an id or a unique prefix of one, at least six digits. Exit code 1 when the
    recording is in quarantine.
    """
    history = open_backend(home, url).recording_history(recording)
    raise SystemExit(show_history(history, terminal.console(), as_json=as_json))


@command.command()
@click.argument("recording")
@click.argument("parameters", nargs=-1, metavar="[PARAMETER]...")
@click.option(
    "--width", type=click.IntRange(20, 500), help="Width in columns. Default: the terminal's."
)
@click.option(
    "--height", type=click.IntRange(1, 50), default=6, show_default=True, help="Height in lines."
)
@backend_options
@json_option
@report_errors
def plot(
    *,
    recording: str,
    parameters: tuple[str, ...],
    width: int | None,
    height: int,
    home: Path | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Plot parameters of a recording in the terminal, with the range of values in each column.

    Without PARAMETER, lists all parameters. Gaps in the recording stay blank.
    """
    # What they import takes longer than 'explain', which imports this module, does.
    from dataflow_health.cli import plotting
    from dataflow_health.cli.records import open_records

    records, console = open_records(home, url), terminal.console()
    if not parameters:
        found = records.parameters(recording)
        rows = json.dumps([each.model_dump(mode="json") for each in found])
        click.echo(rows) if as_json else console.print(_parameter_table(found))
    columns = (width or console.width) - plotting.MARGIN
    for name in parameters:
        series = records.series(recording, name, px=2 * columns)
        if as_json:
            click.echo(series.model_dump_json())
            continue
        for line in plotting.plot_lines(series, columns, height):
            console.print(Text(line), no_wrap=True, crop=False)


def show_history(history: RecordingHistory, console: Console, *, as_json: bool) -> int:
    """Prints a recording's history; returns exit code 1 when it is in quarantine, else 0."""
    if as_json:
        click.echo(history.model_dump_json())
    else:
        _print_history(history, console)
    return int(any(stage.state == "quarantined" for stage in history.stages))


def _print_history(history: RecordingHistory, console: Console) -> None:
    console.print(Text(history.recording, "bold"))
    layout = f", layout {history.layout}" if history.layout else ""
    source = f"{history.tail}  {history.archive} / {history.member}"
    console.print(Text(f"{source}  ({history.recorder}{layout})"))
    if history.duplicate_archives:
        duplicates = ", ".join(history.duplicate_archives)
        console.print(Text(f"duplicates with the same bytes: {duplicates}", "dim"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("stage", "state", "finished", "rows", "reason or output"):
        table.add_column(name)
    for stage in history.stages:
        table.add_row(*_cells(stage))
    console.print(table)
    for line in _removed_files(history):
        console.print(Text(line, "dim"))
    if history.outcomes:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in history.outcomes.items())
        console.print(Text(f"algorithms: {outcomes}"))
    for finding in history.findings:
        peak = f", peak {finding.peak:g}" if finding.peak is not None else ""
        interval = f"{finding.start_s:g} s to {finding.end_s:g} s{peak}"
        console.print(Text(f"  {finding.severity}: {finding.algorithm}, {interval}"))


def _removed_files(history: RecordingHistory) -> Iterator[str]:
    """What retention removed, and how it is made again."""
    removed = {
        stage.stage: stage.file_removed_at for stage in history.stages if stage.file_removed_at
    }
    for stage, at in removed.items():
        yield f"{stage}: its file was removed by retention at {at:%Y-%m-%d %H:%MZ}"
    if STAGES[0] in removed:
        yield "the archive is no longer here: to make anything again, send it again"
    elif removed:
        command_line = f"dataflow-health rebuild {history.recording[:12]}"
        yield f"nothing is lost; to make it again from the archive: {command_line}"


def _cells(stage: RecordingStage) -> tuple[Text, ...]:
    finished = f"{stage.finished_at:%Y-%m-%d %H:%M:%SZ}" if stage.finished_at else ""
    rows = "" if stage.rows_out is None else str(stage.rows_out)
    byte = f" at byte {stage.byte_offset}" if stage.byte_offset is not None else ""
    reason = f"{stage.reason}: {stage.detail}{byte}" if stage.reason else stage.output_path or ""
    state = Text(stage.state, _STYLE.get(stage.state, ""))
    return (Text(stage.stage), state, Text(finished), Text(rows), Text(reason))


def _parameter_table(found: Sequence[RecordedParameter]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("parameter", "unit", "Hz"):
        table.add_column(name)
    for each in found:
        table.add_row(each.name, each.unit, f"{each.rate_hz:.3g}")
    return table
