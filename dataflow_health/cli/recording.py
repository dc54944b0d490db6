"""``dataflow-health recording``: show the history of a recording, or plot its parameters."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import LocalBackend, backend_options, open_backend
from dataflow_health.cli.options import home_option, json_option, report_errors
from dataflow_health.errors import NotFound
from dataflow_health.schemas import RecordingHistory, RecordingStage

if TYPE_CHECKING:
    from dataflow_health.flight.recording import DecodedRecording

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
@home_option
@click.option(
    "--width", type=click.IntRange(20, 500), help="Width in columns. Default: the terminal's."
)
@click.option(
    "--height", type=click.IntRange(1, 50), default=6, show_default=True, help="Height in lines."
)
@report_errors
def plot(
    *,
    recording: str,
    parameters: tuple[str, ...],
    home: Path | None,
    width: int | None,
    height: int,
) -> None:
    """Plot parameters of a recording in the terminal, with the range of values in each column.

    Without PARAMETER, lists all parameters. Gaps in the recording stay blank.
    """
    from dataflow_health.cli import plotting

    backend = open_backend(home, None)
    assert isinstance(backend, LocalBackend)  # noqa: S101  (without a URL)
    decoded = _read_parameters(backend, backend.recording_history(recording))
    console = terminal.console()
    if not parameters:
        _print_parameters(decoded, console)
    for name in parameters:
        if name not in decoded.series:
            raise NotFound(_unknown_parameter(name, decoded))
        columns = (width or console.width) - plotting.MARGIN
        for line in plotting.plot_lines(decoded, name, columns, height):
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
    if history.outcomes:
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in history.outcomes.items())
        console.print(Text(f"algorithms: {outcomes}"))
    for finding in history.findings:
        peak = f", peak {finding.peak:g}" if finding.peak is not None else ""
        interval = f"{finding.start_s:g} s to {finding.end_s:g} s{peak}"
        console.print(Text(f"  {finding.severity}: {finding.algorithm}, {interval}"))


def _cells(stage: RecordingStage) -> tuple[Text, ...]:
    finished = f"{stage.finished_at:%Y-%m-%d %H:%M:%SZ}" if stage.finished_at else ""
    rows = "" if stage.rows_out is None else str(stage.rows_out)
    byte = f" at byte {stage.byte_offset}" if stage.byte_offset is not None else ""
    reason = f"{stage.reason}: {stage.detail}{byte}" if stage.reason else stage.output_path or ""
    state = Text(stage.state, _STYLE.get(stage.state, ""))
    return (Text(stage.stage), state, Text(finished), Text(rows), Text(reason))


def _read_parameters(backend: LocalBackend, history: RecordingHistory) -> "DecodedRecording":
    """Reads the output of the stage ``compress``.

    Raises:
        NotFound: The recording has not passed that stage.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    from dataflow_health.operations import recorded_file
    from dataflow_health.storage.files import recording_table
    from dataflow_health.storage.files.lake import Lake

    done = [s for s in history.stages if s.stage == "compress" and s.state == "done"]
    if not done or done[0].output_path is None:
        last = history.stages[-1]
        name = history.recording[:12]
        raise NotFound(f"{name} has no parameters yet: stage {last.stage} is {last.state}")
    lake = Lake(backend.settings.lake_url)
    file = recorded_file.open_file(lake, done[0].output_path, str(done[0].output_digest))
    return recording_table.from_table(file.read())


def _print_parameters(decoded: "DecodedRecording", console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("parameter", "unit", "Hz"):
        table.add_column(name)
    for name, series in sorted(decoded.series.items()):
        rate_hz = series.counts.size / max(len(decoded.second), 1)
        table.add_row(name, series.parameter.unit, f"{rate_hz:.3g}")
    console.print(table)


def _unknown_parameter(name: str, decoded: "DecodedRecording") -> str:
    near = difflib.get_close_matches(name, decoded.series, n=3)
    hint = f"; similar: {', '.join(near)}" if near else "; leave it out to list all parameters"
    return f"the recording has no parameter {name!r}{hint}"
