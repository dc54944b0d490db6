"""``dataflow-health recording``: one recording's way through the stages, and its parameters."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataflow_health.cli.backend import LocalBackend, backend_options, open_backend
from dataflow_health.cli.options import report_errors
from dataflow_health.errors import NotFound
from dataflow_health.schemas import RecordingHistory, RecordingStage

if TYPE_CHECKING:
    from dataflow_health.flight.recording import DecodedRecording

_STYLE = {"done": "green", "quarantined": "bold red", "written_off": "dim", "running": "blue"}


@click.group()
def command() -> None:
    """One recording: its way through the stages, and its parameters."""


@command.command()
@click.argument("recording")
@backend_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@report_errors
def show(*, recording: str, home: Path | None, url: str | None, as_json: bool) -> None:
    """What became of a recording at every stage, and what was found in it.

    RECORDING is the beginning of its id, six characters at least. Exit code 1 when it is in
    quarantine.
    """
    way = open_backend(home, url).recording_history(recording)
    if as_json:
        click.echo(way.model_dump_json())
    else:
        print_history(way, Console())
    raise SystemExit(int(any(each.state == "quarantined" for each in way.stages)))


@command.command()
@click.argument("recording")
@click.argument("parameters", nargs=-1, metavar="[PARAMETER]...")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that everything is kept in; DATAFLOW_HEALTH_HOME when not given.",
)
@click.option("--width", type=click.IntRange(20, 500), help="Columns; the terminal's if not given.")
@click.option("--height", type=click.IntRange(1, 50), default=6, show_default=True, help="Lines.")
@report_errors
def plot(
    *,
    recording: str,
    parameters: tuple[str, ...],
    home: Path | None,
    width: int | None,
    height: int,
) -> None:
    """Draws parameters of a recording in the terminal, lowest and highest of each column.

    Lists them when none is given. What the recorder lost is a gap.
    """
    from dataflow_health.cli import plotting

    asked = open_backend(home, None)
    assert isinstance(asked, LocalBackend)  # noqa: S101  (no URL was given)
    way = asked.recording_history(recording)
    decoded = _decoded(asked, way)
    console = Console()
    if not parameters:
        _list(decoded, console)
    for name in parameters:
        if name not in decoded.series:
            raise NotFound(_unknown(name, decoded))
        columns = (width or console.width) - plotting.MARGIN
        for line in plotting.plot_lines(decoded, name, columns, height):
            console.print(Text(line), no_wrap=True, crop=False)


def print_history(way: RecordingHistory, console: Console) -> None:
    """Prints a recording's way."""
    console.print(Text(f"{way.recording}", "bold"))
    layout = f", layout {way.layout}" if way.layout else ""
    console.print(Text(f"{way.tail}  {way.archive} / {way.member}  ({way.recorder}{layout})"))
    if way.duplicate_archives:
        console.print(Text(f"the same bytes came in: {', '.join(way.duplicate_archives)}", "dim"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("stage", "state", "finished", "rows", "why, or where the output is"):
        table.add_column(name)
    for each in way.stages:
        table.add_row(*_cells(each))
    console.print(table)
    if way.outcomes:
        told = ", ".join(f"{count} {outcome}" for outcome, count in way.outcomes.items())
        console.print(Text(f"algorithms: {told}"))
    for found in way.findings:
        peak = f", peak {found.peak:g}" if found.peak is not None else ""
        span = f"{found.start_s:g} s to {found.end_s:g} s{peak}"
        console.print(Text(f"  {found.severity}: {found.algorithm}, {span}"))


def _cells(each: RecordingStage) -> tuple[Text, ...]:
    finished = f"{each.finished_at:%Y-%m-%d %H:%M:%SZ}" if each.finished_at else ""
    rows = "" if each.rows_out is None else str(each.rows_out)
    byte = f" at byte {each.byte_offset}" if each.byte_offset is not None else ""
    why = f"{each.reason}: {each.detail}{byte}" if each.reason else each.output_path or ""
    state = Text(each.state, _STYLE.get(each.state, ""))
    return (Text(each.stage), state, Text(finished), Text(rows), Text(why))


def _decoded(asked: LocalBackend, way: RecordingHistory) -> "DecodedRecording":
    """The recording as the compress stage keeps it.

    Raises:
        NotFound: It has not come so far.
        StorageError: The file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    from dataflow_health.storage.files import recording_table
    from dataflow_health.storage.files.lake import Lake

    kept = next((p for p in way.stages if p.stage == "compress" and p.state == "done"), None)
    if kept is None or kept.output_path is None:
        last = way.stages[-1]
        raise NotFound(f"{way.recording[:12]} has no parameters yet: {last.stage} {last.state}")
    content = Lake(asked.settings.lake_url).read(kept.output_path)
    return recording_table.from_table(pq.read_table(pa.BufferReader(content)))


def _list(decoded: "DecodedRecording", console: Console) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("parameter", "unit", "Hz"):
        table.add_column(name)
    for name, series in sorted(decoded.series.items()):
        rate_hz = series.counts.size / max(len(decoded.second), 1)
        table.add_row(name, series.parameter.unit, f"{rate_hz:.3g}")
    console.print(table)


def _unknown(name: str, decoded: "DecodedRecording") -> str:
    import difflib

    near = difflib.get_close_matches(name, decoded.series, n=3)
    guess = f"; near: {', '.join(near)}" if near else "; give none to list them"
    return f"the recording has no parameter {name!r}{guess}"
