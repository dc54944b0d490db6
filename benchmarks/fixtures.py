"""Fleets for benchmarks: different recordings, created quickly from few template flights.

All files are in one temporary folder, removed at the end of the process.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path

from pyspark.sql import SparkSession

from benchmarks.benchmark_algorithms import NAMES
from dataflow_health import wiring
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import spark_session
from dataflow_health.settings import Settings
from dataflow_health.simulator.archive_faults import build_zip
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fault_kind import ArchiveMember
from dataflow_health.simulator.fleet import recording_name
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.sampling import (
    clock_readings,
    constant_readings,
    encode_texts,
    round_to_counts,
)
from dataflow_health.simulator.simulated_flight import (
    FlightPlan,
    SimulatedFlight,
    clock_parameters,
    simulate_flight,
)
from dataflow_health.stages import ingest
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary

ARRIVAL = datetime(2026, 1, 2, tzinfo=UTC)
DAY = ARRIVAL.date().isoformat()
TURNAROUND_S = 600


@dataclass(frozen=True, slots=True)
class Fleet:
    """Recordings that all arrive on one day.

    Attributes:
        name: Name in tables.
        recordings: Number of recordings.
        duration_s: Duration of each recording.
        aircraft: Number of aircraft, with the same number of flights each.
    """

    name: str
    recordings: int
    duration_s: int
    aircraft: int

    @property
    def hours(self) -> float:
        """Total flight hours."""
        return self.recordings * self.duration_s / 3600


FEW = Fleet("20 of 2 h", 20, 7200, 10)
MEDIUM = Fleet("200 of 2 h", 200, 7200, 50)
MANY = Fleet("2,000 of 12 min", 2000, 720, 100)
TINY = Fleet("20 of 12 min", 20, 720, 10)


@dataclass(frozen=True, slots=True)
class Installation:
    """A separate installation with the archives of a fleet in its landing folder."""

    fleet: Fleet
    settings: Settings
    deps: Dependencies

    @property
    def zips(self) -> list[Path]:
        """Archives in the landing folder."""
        return sorted(Path(self.settings.source_url).glob("*.zip"))


@cache
def work_folder() -> Path:
    """Temporary folder of this process, removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="dataflow-health-benchmarks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def templates(duration_s: int) -> tuple[SimulatedFlight, ...]:
    """One flight for each of the twelve algorithms, with its event and that of another."""
    started_at = ARRIVAL - timedelta(days=1)
    return tuple(
        simulate_flight(
            FlightPlan(
                "HB-ZAA",
                started_at,
                duration_s,
                seed=number,
                events=(PlannedEvent(name), PlannedEvent(NAMES[(number + 5) % len(NAMES)])),
            ),
            generic_layout(),
        )
        for number, name in enumerate(NAMES)
    )


@lru_cache(maxsize=4)
def recording(fleet: Fleet, number: int) -> tuple[str, bytes]:
    """Name and bytes of a recording: a template with its own tail, clock and flight number."""
    flight, aircraft = divmod(number, fleet.aircraft)
    tail = f"HB-Z{chr(65 + aircraft // 26)}{chr(65 + aircraft % 26)}"
    started_at = ARRIVAL - timedelta(days=1)
    started_at += timedelta(seconds=flight * (fleet.duration_s + TURNAROUND_S) + aircraft)
    layout, seconds = generic_layout(), fleet.duration_s
    flights = templates(seconds)
    readings = clock_readings(started_at, seconds, clock_parameters(layout.clock))
    readings |= constant_readings(layout, seconds, {"flight_number": number % 800})
    counts = {
        **flights[number % len(flights)].counts,
        **round_to_counts(layout, readings),
        **encode_texts(layout, seconds, {"tail_number": tail}),
    }
    return recording_name(tail, started_at), encode(layout, counts)


@lru_cache(maxsize=4)
def decoded(fleet: Fleet, number: int) -> DecodedRecording:
    """A recording of a fleet, decoded."""
    recorder = Arinc717Recorder(kind="arinc717", members=(".",))
    return decode(recording(fleet, number)[1], recorder, generic_layout())


def archive(fleet: Fleet, number: int) -> bytes:
    """Zip archive with one recording."""
    name, raw = recording(fleet, number)
    return build_zip((ArchiveMember(name, raw),), ARRIVAL.timetuple()[:6])


@cache
def landing(fleet: Fleet) -> Path:
    """Folder with the archives of a fleet, all with arrival times on :data:`DAY`."""
    folder = work_folder() / f"landing-{fleet.recordings}-{fleet.duration_s}"
    folder.mkdir()
    for number in range(fleet.recordings):
        land(folder, f"{number:05}.zip", archive(fleet, number), number)
    return folder


def land(folder: Path, name: str, content: bytes, second: int) -> None:
    """Writes an archive with an arrival time in seconds after the start of the day."""
    path = folder / name
    path.write_bytes(content)
    arrived_at_s = (ARRIVAL + timedelta(seconds=second)).timestamp()
    os.utime(path, (arrived_at_s, arrived_at_s))


def new_installation(fleet: Fleet) -> Installation:
    """Creates an installation with the archives of a fleet in its landing folder."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=work_folder()))
    chosen = Settings(home=home, source_url=str(landing(fleet)), settle_s=0)
    return Installation(fleet, chosen, wiring.dependencies(chosen))


@cache
def spark() -> SparkSession:
    """Shared Spark session, configured as in the pipeline and warmed up."""
    chosen = Settings(home=work_folder() / "spark")
    chosen.home.mkdir()
    spark_session.prepare_environment(chosen)
    builder = SparkSession.builder
    for name, value in spark_session.spark_config(chosen).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.range(1).count()
    return session


def stages(installation: Installation) -> Mapping[str, Callable[[], object]]:
    """The eight stages as functions that process the day of an installation, in order."""
    request, options = StageRequest(DAY), wiring.stage_options(installation.settings, spark)
    return {stage.name: partial(stage.run, installation.deps, request, options) for stage in CHAIN}


def rerun(installation: Installation, run_stage: Callable[..., StageSummary]) -> None:
    """Runs a Spark stage again on the whole day.

    Raises:
        AssertionError: Not all recordings were processed.
    """
    summary = run_stage(installation.deps, StageRequest(DAY, force=True), spark=spark)
    if summary.done != installation.fleet.recordings:
        raise AssertionError(f"{summary.done} recordings were processed")


@cache
def processed_installation(fleet: Fleet) -> Installation:
    """Creates an installation and processes its fleet through all stages."""
    installation = new_installation(fleet)
    for run in stages(installation).values():
        run()
    return installation


def table_files(installation: Installation) -> list[str]:
    """Files of the analytics table of an installation."""
    lake = installation.deps.lake.local
    if lake is None:
        raise AssertionError("the lake of a benchmark must be a local folder")
    return sorted(map(str, lake.glob(f"{ingest.TABLE}/**/*.parquet")))
