"""A small sound pipeline to put faults into, and the faults' archives."""

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
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

SOUND = 2
"""Of four flights, the first so many are the sound day; faults strike the others."""

AT_BYTE: Mapping[str, Callable[[bytes], int]] = {
    "truncated": len,
    "html_page": lambda _content: 0,
    "empty": lambda _content: 0,
}
"""Where the evidence must point, for faults whose place is known beforehand."""


@dataclass
class Scene:
    """What surrounds one injection.

    Attributes:
        home: The installation, sound when the injection begins.
        config: The operator's own YAML.
        day: The arrival day.
        archives: Folder of folders with each fault's archive, made when first asked for.
        run: Runs the day.
        runs: Whether the day is run again after the injection.
        beat_at: When Dagster's daemons last beat.
        named: Files that the evidence must name.
        at_byte: Bytes that it must point to.
    """

    home: Path
    config: Path
    day: str
    archives: Path
    run: Callable[[], None]
    runs: bool = True
    beat_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    named: list[str] = field(default_factory=list)
    at_byte: list[int] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        """Where archives arrive."""
        return self.home / "landing"


Inject = Callable[[Scene], None]


def plan(day: str) -> FleetPlan:
    """Four aircraft, one flight each."""
    return FleetPlan(date.fromisoformat(day), helicopters=4, days=1, flights_per_day=1)


def land_sound(landing: Path, day: str) -> None:
    """The two sound flights arrive."""
    write_fleet(landing, plan(day))
    for path in sorted(landing.iterdir())[SOUND:]:
        path.unlink()


def lands(name: str, *, flight: int = SOUND, named: bool = True) -> Inject:
    """An aircraft's archive arrives, with a known fault; evidence must name it if ``named``."""

    def inject(scene: Scene) -> None:
        folder = scene.archives / name
        faulty = replace(plan(scene.day), faults=((flight, name),))
        truth = write_fleet(folder, faulty)
        for archive in truth.archives:
            if not archive.faults:
                continue
            shutil.copy2(folder / archive.name, scene.landing / archive.name)
            content = (folder / archive.name).read_bytes()
            if named:
                at_archive = archive.faults[0].stage in ARCHIVE_STAGES
                scene.named += [archive.name] if at_archive else _members(content)
            if name in AT_BYTE:
                scene.at_byte.append(AT_BYTE[name](content))

    return inject


def _members(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [name for name in archive.namelist() if name.endswith(".rdf")]


def lands_with_wrong_digest(scene: Scene) -> None:
    """A sound archive arrives whose sidecar says another digest."""
    folder = scene.archives / "sound"
    write_fleet(folder, plan(scene.day))
    [archive] = folder.glob("HB-ZAC*.zip")
    (scene.landing / f"{archive.name}.sha256").write_text(f"{'0' * 64}  {archive.name}\n")
    shutil.copy2(archive, scene.landing / archive.name)
    scene.named.append(archive.name)


def set_to(**values: str) -> Inject:
    """Settings are other ones."""
    return lambda _scene: settings.provide(
        {settings.PREFIX + name.upper(): value for name, value in values.items()}
    )


def declared(folder: str, name: str, yaml: str) -> Inject:
    """The operator adds a YAML file, or puts one in place of ours."""

    def inject(scene: Scene) -> None:
        (scene.config / folder).mkdir(parents=True, exist_ok=True)
        (scene.config / folder / f"{name}.yaml").write_text(yaml)

    return inject


def landing_folder_gone(scene: Scene) -> None:
    """The folder that archives come to is away."""
    scene.landing.rename(scene.home / "elsewhere")
    scene.runs = False


def database_away(scene: Scene) -> None:
    """The database's file cannot be opened."""
    ledger_file = scene.home / "ledger.sqlite"
    wiring.dependencies(settings.load()).engine.dispose()
    ledger_file.unlink()
    ledger_file.mkdir()
    scene.runs = False


def daemon_silent(scene: Scene) -> None:
    """Dagster's daemon stopped ten minutes ago."""
    scene.beat_at -= timedelta(minutes=10)
    scene.runs = False


def canary_differs(stage: str) -> Inject:
    """The canary flew just now, and a stage made something else of it than is known to be right."""

    def inject(scene: Scene) -> None:
        found = CanaryResult(
            at=datetime.now(UTC), took_s=60, stage=stage, fault="result (a0) = known"
        )
        path = scene.home / "lake" / canary_result.PATH
        path.parent.mkdir(exist_ok=True)
        path.write_text(found.model_dump_json())
        scene.runs = False

    return inject


def departs_unanswered(scene: Scene) -> None:
    """An aircraft departs in an hour, and a recording of it still waits before load."""
    again("load")(scene)
    tail = _first(scene, "load").tail
    at = datetime.now(UTC) + timedelta(hours=1)
    schedule = scene.home / "schedule.csv"
    schedule.write_text(f"tail,departs_at\n{tail},{at.isoformat()}\n")
    set_to(schedule_url=str(schedule))(scene)
    scene.runs = False


def asks_only(scene: Scene) -> None:
    """Nothing runs; the live checks are asked."""
    scene.runs = False


def run_now(scene: Scene) -> None:
    """The day is run before the next thing happens."""
    scene.run()


def cannot_write(stage: str) -> Inject:
    """A stage's folder in the lake is a file."""

    def inject(scene: Scene) -> None:
        folder = scene.home / "lake" / stage
        shutil.rmtree(folder)
        folder.write_text("not a folder")

    return inject


def again(stage: str) -> Inject:
    """A recording waits before a stage again, as after a replay."""

    def inject(scene: Scene) -> None:
        table = tables.recording_stage
        one = _first(scene, stage)
        with writing(_engine()) as connection:
            connection.execute(
                update(table)
                .where(table.c.recording_id == one.id, table.c.stage == stage)
                .values(state="waiting", output_digest=None)
            )

    return inject


def output_torn(stage: str, *, named: bool = False) -> Inject:
    """The second half of a stage's output file is gone."""

    def inject(scene: Scene) -> None:
        one = _first(scene, stage)
        path = scene.home / "lake" / one.output_path
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        scene.named += [one.member] if named else []

    return inject


def answers_deleted(scene: Scene) -> None:
    """Somebody deleted one recording's answers in SQL."""
    one = _first(scene, "load")
    table = tables.algorithm_run
    with writing(_engine()) as connection:
        connection.execute(delete(table).where(table.c.recording_id == one.id))
    scene.named.append(one.member)


def vanishes_before(stage: str) -> Inject:
    """A recording is in no account of a stage: silent loss."""

    def inject(scene: Scene) -> None:
        one = _first(scene, stage)
        table = tables.recording_stage
        gone = delete(table).where(table.c.recording_id == one.id, table.c.stage == stage)
        with writing(_engine()) as connection:
            connection.execute(gone)

    return inject


def _first(scene: Scene, stage: str) -> StageRecord:
    return stage_records.find(_engine(), stage=stage, day=scene.day)[0]


def _engine() -> Engine:
    return wiring.dependencies(settings.load()).engine
