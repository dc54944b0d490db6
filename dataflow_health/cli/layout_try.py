"""``dataflow-health layout try``: decodes one recording with a layout and shows what it reads."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from dataflow_health import settings
from dataflow_health.cli import terminal
from dataflow_health.cli.options import json_option, option_with_default, report_errors
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.config.validation_errors import suggest
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.layout_trial import ParameterTrial, try_parameters
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder, Arinc767Recorder, Recorder
from dataflow_health.plain_text import shown

_COLUMNS = ("parameter", "samples", "minimum", "maximum", "largest step", "out of range", "")


@click.command("try")
@click.argument("layout")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@option_with_default("--header-bytes", click.IntRange(0), 0, "Bytes before the first word.")
@json_option
@report_errors
def try_command(layout: str, file: Path, *, header_bytes: int, as_json: bool) -> None:
    """Decode the recording FILE with LAYOUT, and show what each parameter reads.

    A wrong sign, a wrong layout or another aircraft's recording shows in the values. FILE is a
    recording of ARINC 717 or 767 frames, not a zip archive. Exit code 2: it cannot be decoded.
    """
    catalogue = load(BUILTIN_FOLDER, *settings.load().config_folders)
    if layout not in catalogue.layouts:
        raise click.UsageError(f"unknown layout {layout}; {suggest(layout, catalogue.layouts)}")
    declared = catalogue.layouts[layout]
    recorder = _recorder_of(declared, header_bytes)
    decoded = DECODERS[recorder.kind](file.read_bytes(), recorder, declared)
    trials = try_parameters(decoded, catalogue.terms)
    remarks = [
        f"{remark.severity}: {remark.parameter or file.name}: {remark.detail}"
        for remark in assess_quality(decoded, declared, None)
    ]
    if as_json:
        summary = {
            "duration_s": decoded.duration_s,
            "lost_s": decoded.lost_s,
            "parameters": {name: asdict(trial) for name, trial in trials.items()},
            "remarks": remarks,
        }
        click.echo(json.dumps(summary, indent=2))
        return
    table = Table(*_COLUMNS, box=None, padding=(0, 1))
    for name, trial in trials.items():
        table.add_row(*_cells(name, trial))
    terminal.console(highlight=False).print(table)
    click.echo(f"{decoded.duration_s} s, {decoded.lost_s} of them lost, {decoded.encoding}")
    for line in [*remarks, *decoded.notes]:
        click.echo(shown(line), err=True)


def _recorder_of(layout: Layout, header_bytes: int) -> Recorder:
    """A recorder of the frames that a layout describes."""
    if layout.is_arinc767:
        return Arinc767Recorder(kind="arinc767", members=("",))
    return Arinc717Recorder(kind="arinc717", members=("",), header_bytes=header_bytes)


def _cells(name: str, trial: ParameterTrial) -> tuple[str, ...]:
    if not trial.samples:
        return name, "0", "", "", "", "", "no sample"
    numbers = (trial.lowest, trial.highest, trial.largest_step)
    outside = "" if trial.outside_share is None else f"{trial.outside_share:.1%}"
    texts = (f"{number:g} {trial.unit}".strip() for number in numbers)
    return name, str(trial.samples), *texts, outside, "constant" if trial.is_constant else ""
