"""``dataflow-health simulate``: archives of a synthetic fleet, or live signals."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.cli.options import FOLDER, option_with_default, report_errors
from dataflow_health.cli.simulate_live import send_live
from dataflow_health.errors import DataflowHealthError
from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan, add_demo_events, add_events_and_faults
from dataflow_health.simulator.ground_truth import GroundTruth, write_truth
from dataflow_health.simulator.legs import LONGEST_S, SHORTEST_S

DEFAULT_DURATION_S = (720, 1200)
"""Shortest and longest recording."""


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@option_with_default("--helicopters", click.IntRange(1, 676), 3, "Number of helicopters.")
@click.option(
    "--days", type=click.IntRange(1), default=3, show_default=True, help="Number of days."
)
@option_with_default("--flights", click.IntRange(1), 2, "Flights per day and helicopter.")
@click.option(
    "--duration",
    type=click.IntRange(1, LONGEST_S),
    help="Duration of every recording in seconds, at least 600. Default: 12 to 20 minutes.",
)
@option_with_default("--seed", click.INT, 1, "Random seed: the same seed writes the same fleet.")
@option_with_default(
    "--word-packing",
    click.Choice(["packed", "le16", "be16"]),
    "packed",
    "How the recorders pack 12-bit words into bytes.",
)
@click.option(
    "--last-day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last flying day, UTC. Default: yesterday.",
)
@click.option(
    "--event", "events", multiple=True, metavar="NAME", help="Event to insert; repeatable."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="Fault to insert; repeatable."
)
@click.option("--clean", is_flag=True, help="Insert no events and no faults.")
@click.option("--list", "list_only", is_flag=True, help="List all events and faults, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print truth.json, or the list, as JSON.")
@click.option(
    "--live",
    is_flag=True,
    help="Send five live signals to the API at --url instead, with DATAFLOW_HEALTH_API_KEY, for "
    "--duration seconds or until interrupted.",
)
@option_with_default("--url", click.STRING, "http://127.0.0.1:8000", "API of the live signals.")
@option_with_default("--rate", click.FloatRange(0.1, 100), 1.0, "Live samples a second.")
@report_errors
def command(
    folder: Path | None,
    helicopters: int,
    days: int,
    flights: int,
    duration: int | None,
    seed: int,
    word_packing: str,
    last_day: datetime | None,
    events: tuple[str, ...],
    faults: tuple[str, ...],
    clean: bool,
    list_only: bool,
    as_json: bool,
    live: bool,
    url: str,
    rate: float,
) -> None:
    """Write archives of a synthetic fleet to FOLDER, and the expected results to truth.json.

    truth.json is written beside FOLDER. Without --event, --fault or --clean, the fleet has the
    events and faults of the demo, as far as it has flights for them.
    """
    if live:
        send_live(url, rate, duration, seed)
        return
    if list_only:
        _print_kinds(as_json=as_json)
        return
    if folder is None:
        raise click.UsageError("give the FOLDER to write to, --list or --live")
    if duration is not None and duration < SHORTEST_S:
        raise click.BadParameter(f"at least {SHORTEST_S}", param_hint="--duration")
    last = last_day.date() if last_day else _yesterday()
    plan = FleetPlan(
        first_day=last - timedelta(days=days - 1),
        helicopters=helicopters,
        days=days,
        flights_per_day=flights,
        duration_s=(duration, duration) if duration else DEFAULT_DURATION_S,
        seed=seed,
        word_packing=word_packing,  # type: ignore[arg-type]
    )
    try:
        plan = _insert(plan, events, faults, clean=clean)
        truth = _write(folder, plan, quiet=as_json)
    except (DataflowHealthError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error
    path = folder.resolve().parent / "truth.json"
    write_truth(truth, path)
    if as_json:
        click.echo(truth.to_json())
    else:
        _print_truth(truth, folder, path)


def _yesterday() -> date:
    return (datetime.now(UTC) - timedelta(days=1)).date()


def _insert(
    plan: FleetPlan, events: tuple[str, ...], faults: tuple[str, ...], *, clean: bool
) -> FleetPlan:
    if clean and (events or faults):
        raise ValueError("--clean cannot be combined with --event or --fault")
    if clean:
        return plan
    if events or faults:
        return add_events_and_faults(plan, [PlannedEvent(name) for name in events], faults)
    return add_demo_events(plan)


def _write(folder: Path, plan: FleetPlan, *, quiet: bool) -> GroundTruth:
    columns = TextColumn("archives"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=terminal.console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("archives", total=plan.flights)
        return write_fleet(folder, plan, lambda done, _total: bar.update(task, completed=done))


def _print_truth(truth: GroundTruth, folder: Path, path: Path) -> None:
    table = Table("event or fault", "file", "time or effect", title="Inserted", box=None)
    names = {recording.id: recording.name for recording in truth.recordings}
    for event in truth.events:
        interval = f"{event.start_s} to {event.end_s} s, peak {event.peak:g} {event.unit}"
        table.add_row(event.algorithm, names[event.recording], interval)
    for archive in truth.archives:
        for fault in archive.faults:
            effect = f"{fault.stage}: {fault.outcome} {fault.reason}".rstrip()
            table.add_row(fault.name, archive.name, effect)
    console = terminal.console()
    console.print(
        f"Wrote {len(truth.archives)} archives to {folder}, and the expected results to {path}."
    )
    if table.row_count:
        console.print(table)


def _print_kinds(*, as_json: bool) -> None:
    if as_json:
        kinds = {
            "events": {name: kind.describes for name, kind in EVENT_KINDS.items()},
            "faults": {name: kind.describes for name, kind in FAULT_KINDS.items()},
        }
        click.echo(json.dumps(kinds, indent=2))
        return
    events = Table("event", "description", title="Events, named after the algorithm", box=None)
    for name, kind in EVENT_KINDS.items():
        events.add_row(name, kind.describes)
    faults = Table("fault", "description", "effect", title="Faults", box=None)
    for name, fault in FAULT_KINDS.items():
        faults.add_row(
            name, fault.describes, f"{fault.stage}: {fault.outcome} {fault.reason}".rstrip()
        )
    terminal.console().print(events, faults)
