"""``dataflow-health fleet``: health of every aircraft at every stage, worst first."""

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal
from dataflow_health.cli.backend import backend_options, open_backend
from dataflow_health.cli.options import json_option, report_errors
from dataflow_health.cli.tables import STATUS_STYLE
from dataflow_health.flight.algorithms.coverage import coverage_sentence
from dataflow_health.health.continuity import Continuity
from dataflow_health.health.duration import format_duration
from dataflow_health.health.status import Status
from dataflow_health.operations.fleet import DEFAULT_DAYS
from dataflow_health.schemas import (
    AircraftCoverage,
    AircraftHealth,
    AircraftStage,
    AlgorithmCoverage,
    FleetHealth,
)

S_PER_HOUR = 3600
PICTURE_DAYS = 21
DAY_STOOD, DAY_FLOWN, DAY_BROKEN, DAY_OPEN = "·▪×?"  # noqa: RUF001
"""One character a day: it stood, it flew, a part of a flight is missing, or is not read yet."""


@click.command()
@backend_options
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=DEFAULT_DAYS,
    show_default=True,
    help="Arrival days to show, today included. Unfinished recordings are always shown.",
)
@click.option(
    "--continuity",
    "is_continuity",
    is_flag=True,
    help="Show hours recorded of hours flown, and where a part of a flight is missing.",
)
@click.option(
    "--formats",
    "is_formats",
    is_flag=True,
    help="Show recordings from which on parameters vanished or changed their rate or range.",
)
@click.option(
    "--lacking",
    "lacking_tail",
    metavar="TAIL",
    help="Show the parameters that each algorithm lacks that does not apply to this aircraft.",
)
@json_option
@report_errors
def command(
    *,
    home: Path | None,
    url: str | None,
    days: int,
    is_continuity: bool,
    is_formats: bool,
    lacking_tail: str | None,
    as_json: bool,
) -> None:
    """Show status and finished recordings of every aircraft at every stage.

    Exit code 0 when no aircraft has failed recordings, 1 when one has; with --lacking always 0.
    """
    backend = open_backend(home, url)
    if lacking_tail:
        coverage = backend.aircraft_coverage(lacking_tail, days)
        _print_lacking(coverage, as_json=as_json)
        return
    fleet = backend.fleet_health(days)
    if as_json:
        click.echo(fleet.model_dump_json())
    else:
        console = terminal.console()
        if is_continuity or not is_formats:
            table = continuity_table(fleet) if is_continuity else fleet_table(fleet)
            if not is_continuity and terminal.natural_width(table) > console.width:
                table = narrow_fleet_table(fleet)
            console.print(table)
        sentences = break_sentences(fleet) if is_continuity else []
        sentences += format_sentences(fleet) if is_formats else []
        for sentence in (*sentences, *silent_sentences(fleet)):
            console.print(sentence, style=STATUS_STYLE[Status.WARNING])
    raise SystemExit(int(any(each.status is Status.FAILED for each in fleet.aircraft)))


def _print_lacking(found: AircraftCoverage, *, as_json: bool) -> None:
    if as_json:
        click.echo(found.model_dump_json())
        return
    console = terminal.console(highlight=False)
    for each in found.coverage:
        console.print(lacking_table(found.tail, each))


def lacking_table(tail: str, found: AlgorithmCoverage) -> Table:
    """Table of the algorithms that do not apply to an aircraft's recordings, and why."""
    kind = ", ".join(filter(None, (found.recorder, found.layout)))
    title = coverage_sentence(f"{tail} ({kind})", found.applicable, found.algorithms, ())
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1))
    table.add_column("algorithm that does not apply", no_wrap=True)
    table.add_column("lacks")
    for algorithm, parameters in found.lacking.items():
        table.add_row(algorithm, ", ".join(parameters))
    for algorithm, reason in found.reasons.items():
        table.add_row(algorithm, Text(reason, "dim"))
    return table


def fleet_table(fleet: FleetHealth) -> Table:
    """Table with one row per aircraft and one column per stage."""
    table = Table(title=_title(fleet), title_justify="left", box=None, padding=(0, 1))
    table.add_column("aircraft", no_wrap=True)
    stages = _stages_in_use(fleet)
    for stage in stages:
        table.add_column(stage, justify="right", no_wrap=True)
    table.add_column("algorithms", justify="right", no_wrap=True)
    table.add_column("last arrival", no_wrap=True)
    for aircraft in fleet.aircraft:
        cells = [_stage_cell(each) for each in aircraft.stages if each.stage in stages]
        arrival = Text(_last_arrival(aircraft, fleet.at), "dim")
        table.add_row(_aircraft_cell(aircraft), *cells, _coverage_cell(aircraft), arrival)
    return table


def narrow_fleet_table(fleet: FleetHealth) -> Table:
    """The same for a terminal of 80 columns: finished recordings, and the stages with others."""
    table = Table(title=_title(fleet), title_justify="left", box=None, padding=(0, 1))
    table.add_column("aircraft", no_wrap=True)
    stages = _stages_in_use(fleet)
    table.add_column(f"at {stages[-1]}" if stages else "done", justify="right", no_wrap=True)
    table.add_column("unfinished")
    table.add_column("algorithms", justify="right", no_wrap=True)
    table.add_column("last arrival", no_wrap=True)
    for aircraft in fleet.aircraft:
        done = [str(each.done) for each in aircraft.stages if each.stage in stages[-1:]]
        open_stages = (s for s in aircraft.stages if s.quarantined or s.in_flight)
        unfinished = Text(", ").join(_open_cell(each) for each in open_stages)
        arrival = Text(_last_arrival(aircraft, fleet.at), "dim")
        cells = ("".join(done), unfinished, _coverage_cell(aircraft), arrival)
        table.add_row(_aircraft_cell(aircraft), *cells)
    return table


def continuity_table(fleet: FleetHealth) -> Table:
    """Table with the hours flown and recorded of every aircraft, and a picture of its days."""
    table = Table(
        title=f"{DAY_FLOWN} flown, {DAY_BROKEN} with a missing part, {DAY_OPEN} with one not read "
        f"yet, the last {PICTURE_DAYS} days",
        title_justify="left",
        box=None,
        padding=(0, 1),
    )
    for name in ("aircraft", "recorder"):
        table.add_column(name, no_wrap=True)
    for name in ("flown h", "recorded", "missing parts", "stood up to"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("days", no_wrap=True)
    for aircraft in fleet.aircraft:
        for each in aircraft.continuity:
            style = STATUS_STYLE[Status.WARNING] if each.breaks else ""
            table.add_row(
                aircraft.tail,
                each.recorder,
                f"{each.flown_s / S_PER_HOUR:.1f}",
                f"{each.recorded_pct:.1f} %",
                Text(str(len(each.breaks)), style),
                format_duration(timedelta(seconds=each.longest_stand_s)),
                _picture(each, fleet.at.date()),
            )
    return table


def break_sentences(fleet: FleetHealth) -> list[str]:
    """One sentence per part of a flight that no recording holds, or that is not read yet."""
    return [
        f"{aircraft.tail} {each}"
        for aircraft in fleet.aircraft
        for found in aircraft.continuity
        for each in (*found.breaks, *found.open_breaks)
    ]


def format_sentences(fleet: FleetHealth) -> list[str]:
    """One sentence per change of a recording's format, or one that there is none."""
    return [
        f"{aircraft.tail} {change}"
        for aircraft in fleet.aircraft
        for change in aircraft.format_changes
    ] or [f"No recording changed its format since {fleet.since_day}."]


def _picture(found: Continuity, today: date) -> str:
    """One character a day, the oldest first."""
    days = [today - timedelta(days=back) for back in reversed(range(PICTURE_DAYS))]
    marks = {
        **dict.fromkeys(found.flown_days, DAY_FLOWN),
        **{each.at.date(): DAY_OPEN for each in found.open_breaks},
        **{each.at.date(): DAY_BROKEN for each in found.breaks},
    }
    return "".join(marks.get(day, DAY_STOOD) for day in days)


def silent_sentences(fleet: FleetHealth) -> list[str]:
    """One sentence per aircraft, recorder and layout to which no algorithm applies."""
    return [
        coverage_sentence(
            f"{aircraft.tail} ({each.layout or each.recorder})",
            each.applicable,
            each.algorithms,
            each.missing,
        )
        for aircraft in fleet.aircraft
        for each in aircraft.coverage
        if each.is_silent
    ]


def _title(fleet: FleetHealth) -> str:
    return f"{len(fleet.aircraft)} aircraft, arrivals since {fleet.since_day}"


def _stages_in_use(fleet: FleetHealth) -> list[str]:
    """Stages with data. Archive stages have a known aircraft only for refused archives."""
    in_use = {
        each.stage
        for aircraft in fleet.aircraft
        for each in aircraft.stages
        if each.status is not Status.UNKNOWN
    }
    return [stage for stage in fleet.stages if stage in in_use]


def _last_arrival(aircraft: AircraftHealth, now: datetime) -> str:
    arrived_at = aircraft.last_arrived_at
    return f"{format_duration(now - arrived_at)} ago" if arrived_at else ""


def _aircraft_cell(aircraft: AircraftHealth) -> Text:
    tail = aircraft.tail or "(unknown)"
    return Text(f"{aircraft.status.symbol} {tail}", STATUS_STYLE[aircraft.status])


def _coverage_cell(aircraft: AircraftHealth) -> Text:
    """Algorithms that apply of those with a result, by recorder and layout."""
    numbers = ", ".join(f"{each.applicable}/{each.algorithms}" for each in aircraft.coverage)
    is_silent = any(each.is_silent for each in aircraft.coverage)
    return Text(numbers, STATUS_STYLE[Status.WARNING] if is_silent else "")


def _stage_cell(stage: AircraftStage) -> Text:
    """Number of finished recordings, then of quarantined ones and of those in flight."""
    if stage.status is Status.UNKNOWN:
        return Text("")
    return Text(f"{stage.done}{_open_counts(stage)}", STATUS_STYLE[stage.status])


def _open_cell(stage: AircraftStage) -> Text:
    return Text(f"{stage.stage}{_open_counts(stage)}", STATUS_STYLE[stage.status])


def _open_counts(stage: AircraftStage) -> str:
    """Number of quarantined recordings and of those in flight, where there are any."""
    quarantined = f" {stage.status.symbol}{stage.quarantined}" if stage.quarantined else ""
    in_flight = f" »{stage.in_flight}" if stage.in_flight else ""
    return quarantined + in_flight
