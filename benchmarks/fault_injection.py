"""Functions that inject faults into a small healthy installation."""

import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, delete, update

from dataflow_health import settings, wiring
from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.signals.points import Point, SignalIds, append
from dataflow_health.storage.signals.signal_database import create_tables, to_us
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing

HEALTHY_FLIGHTS = 2
"""Of four flights, the first two are healthy; faults affect the others."""

EVIDENCE_OFFSETS: Mapping[str, Callable[[bytes], int]] = {
    "truncated": len,
    "html_page": lambda _content: 0,
    "empty": lambda _content: 0,
}
"""Byte offset that the evidence must show, for faults with a known position."""


@dataclass
class InjectionContext:
    """Installation and expectations of one injection.

    Attributes:
        home: Folder of the installation, healthy before the injection.
        config: Folder of the operator's configuration.
        day: Arrival day.
        archives: Folder for the archives of each fault, created when needed.
        run: Function that runs the day.
        needs_run: Whether to run the day again after the injection.
        heartheartbeat_at: Time of the last heartbeat of Dagster's daemons.
        evidence_files: Files that the evidence must name.
        evidence_offsets: Byte offsets that the evidence must show.
    """

    home: Path
    config: Path
    day: str
    archives: Path
    run: Callable[[], None]
    needs_run: bool = True
    heartbeat_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    evidence_files: list[str] = field(default_factory=list)
    evidence_offsets: list[int] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        """Landing folder."""
        return self.home / "landing"


Injector = Callable[[InjectionContext], None]


def plan(day: str) -> FleetPlan:
    """Plan of four aircraft with one flight each."""
    return FleetPlan(date.fromisoformat(day), helicopters=4, days=1, flights_per_day=1)


def land_healthy(landing: Path, day: str) -> None:
    """Writes the archives of the two healthy flights."""
    write_fleet(landing, plan(day))
    for path in sorted(landing.iterdir())[HEALTHY_FLIGHTS:]:
        path.unlink()


def land_faulty(name: str, *, flight: int = HEALTHY_FLIGHTS, named: bool = True) -> Injector:
    """Writes an archive with a fault; the evidence must name it if ``named``."""

    def inject(context: InjectionContext) -> None:
        folder = context.archives / name
        faulty = replace(plan(context.day), faults=((flight, name),))
        truth = write_fleet(folder, faulty)
        for archive in truth.archives:
            if not archive.faults:
                continue
            shutil.copy2(folder / archive.name, context.landing / archive.name)
            content = (folder / archive.name).read_bytes()
            if named:
                at_archive = archive.faults[0].stage in ARCHIVE_STAGES
                context.evidence_files += [archive.name] if at_archive else _members(content)
            if name in EVIDENCE_OFFSETS:
                context.evidence_offsets.append(EVIDENCE_OFFSETS[name](content))

    return inject


def _members(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [name for name in archive.namelist() if name.endswith(".rdf")]


def land_wrong_digest(context: InjectionContext) -> None:
    """Writes a healthy archive whose sidecar file has another digest."""
    folder = context.archives / "healthy"
    write_fleet(folder, plan(context.day))
    [archive] = folder.glob("HB-ZAC*.zip")
    (context.landing / f"{archive.name}.sha256").write_text(f"{'0' * 64}  {archive.name}\n")
    shutil.copy2(archive, context.landing / archive.name)
    context.evidence_files.append(archive.name)


def change_settings(**values: str) -> Injector:
    """Changes settings."""
    return lambda _context: settings.provide(
        {settings.PREFIX + name.upper(): value for name, value in values.items()}
    )


def add_yaml(folder: str, name: str, yaml: str) -> Injector:
    """Adds a YAML file to the operator's configuration."""

    def inject(context: InjectionContext) -> None:
        (context.config / folder).mkdir(parents=True, exist_ok=True)
        (context.config / folder / f"{name}.yaml").write_text(yaml)

    return inject


def remove_landing_folder(context: InjectionContext) -> None:
    """Removes the landing folder."""
    context.landing.rename(context.home / "elsewhere")
    context.needs_run = False


def break_database(context: InjectionContext) -> None:
    """Makes the file of the database unreadable."""
    ledger_file = context.home / "ledger.sqlite"
    wiring.dependencies(settings.load()).engine.dispose()
    ledger_file.unlink()
    ledger_file.mkdir()
    context.needs_run = False


def silence_daemon(context: InjectionContext) -> None:
    """Sets the last heartbeat of Dagster's daemon to ten minutes ago."""
    context.heartbeat_at -= timedelta(minutes=10)
    context.needs_run = False


def silence_producer(context: InjectionContext) -> None:
    """Stores a live signal whose producer has sent nothing for ten minutes."""
    engine = database.connect(settings.load().telemetry_url.get_secret_value())
    create_tables(engine)
    at_us = to_us(datetime.now(UTC) - timedelta(minutes=10))
    append(engine, SignalIds({}), [Point("rotor_speed_pct", at_us, 100.0)], at_us)
    engine.dispose()
    context.needs_run = False


def fail_canary(stage: str) -> Injector:
    """Writes a canary result in which the output of a stage differs from the known one."""

    def inject(context: InjectionContext) -> None:
        found = CanaryResult(
            at=datetime.now(UTC), took_s=60, stage=stage, fault="result (a0) = known"
        )
        path = context.home / "lake" / canary_result.PATH
        path.parent.mkdir(exist_ok=True)
        path.write_text(found.model_dump_json())
        context.needs_run = False

    return inject


def schedule_departure(context: InjectionContext) -> None:
    """Schedules a departure in an hour of an aircraft with a recording that waits for load."""
    reset_to_waiting("load")(context)
    tail = _first(context, "load").tail
    departs_at = datetime.now(UTC) + timedelta(hours=1)
    schedule = context.home / "schedule.csv"
    schedule.write_text(f"tail,departs_at\n{tail},{departs_at.isoformat()}\n")
    change_settings(schedule_url=str(schedule))(context)
    context.needs_run = False


def skip_run(context: InjectionContext) -> None:
    """Skips the run after the injection; only live checks run."""
    context.needs_run = False


def run_day(context: InjectionContext) -> None:
    """Runs the day before the next injection."""
    context.run()


def block_output_folder(stage: str) -> Injector:
    """Replaces the folder of a stage in the lake by a file."""

    def inject(context: InjectionContext) -> None:
        folder = context.home / "lake" / stage
        shutil.rmtree(folder)
        folder.write_text("not a folder")

    return inject


def reset_to_waiting(stage: str) -> Injector:
    """Lets a recording wait for a stage again, as after a replay."""

    def inject(context: InjectionContext) -> None:
        table = tables.recording_stage
        record = _first(context, stage)
        with writing(_engine()) as connection:
            connection.execute(
                update(table)
                .where(table.c.recording_id == record.id, table.c.stage == stage)
                .values(state="waiting", output_digest=None)
            )

    return inject


def truncate_output(stage: str, *, named: bool = False) -> Injector:
    """Removes the second half of a stage's output file."""

    def inject(context: InjectionContext) -> None:
        record = _first(context, stage)
        path = context.home / "lake" / record.output_path
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        context.evidence_files += [record.member] if named else []

    return inject


def delete_results(context: InjectionContext) -> None:
    """Deletes the results of one recording from SQL."""
    record = _first(context, "load")
    table = tables.algorithm_run
    with writing(_engine()) as connection:
        connection.execute(delete(table).where(table.c.recording_id == record.id))
    context.evidence_files.append(record.member)


def delete_stage_record(stage: str) -> Injector:
    """Deletes the ledger row of a recording at a stage: a silent loss."""

    def inject(context: InjectionContext) -> None:
        record = _first(context, stage)
        table = tables.recording_stage
        statement = delete(table).where(table.c.recording_id == record.id, table.c.stage == stage)
        with writing(_engine()) as connection:
            connection.execute(statement)

    return inject


def _first(context: InjectionContext, stage: str) -> StageRecord:
    return stage_records.find(_engine(), stage=stage, day=context.day)[0]


def _engine() -> Engine:
    return wiring.dependencies(settings.load()).engine
