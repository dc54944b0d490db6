"""Fleets for benchmarks, made of few templates: cheap to write, and every recording its own.

All of it lies in one temporary folder that goes when the process ends.
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
from dataflow_health.orchestration import resources
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
from dataflow_health.stages.stage import Dependencies, StageRequest

ARRIVAL = datetime(2026, 1, 2, tzinfo=UTC)
DAY = ARRIVAL.date().isoformat()
TURNAROUND_S = 600


@dataclass(frozen=True, slots=True)
class Fleet:
    """Recordings that all arrive on one day.

    Attributes:
        name: For tables.
        recordings: How many.
        duration_s: Length of each.
        aircraft: That flew them, each as many.
    """

    name: str
    recordings: int
    duration_s: int
    aircraft: int

    @property
    def hours(self) -> float:
        """Flight hours in all."""
        return self.recordings * self.duration_s / 3600


FEW = Fleet("20 of 2 h", 20, 7200, 10)
MIDDLE = Fleet("200 of 2 h", 200, 7200, 50)
MANY = Fleet("2,000 of 12 min", 2000, 720, 100)
TINY = Fleet("20 of 12 min", 20, 720, 10)


@dataclass(frozen=True, slots=True)
class House:
    """An installation of its own, with a fleet's archives in its landing folder."""

    fleet: Fleet
    settings: Settings
    deps: Dependencies

    @property
    def zips(self) -> list[Path]:
        """The archives."""
        return sorted(Path(self.settings.source_url).glob("*.zip"))


@cache
def workplace() -> Path:
    """The folder of this process, removed at its end."""
    folder = Path(tempfile.mkdtemp(prefix="dataflow-health-benchmarks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def templates(duration_s: int) -> tuple[SimulatedFlight, ...]:
    """One flight for each of the twelve algorithms, with its event and one other's."""
    begun = ARRIVAL - timedelta(days=1)
    return tuple(
        simulate_flight(
            FlightPlan(
                "HB-ZAA",
                begun,
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
    """Name and bytes of a fleet's recording: a template with another tail, clock and number."""
    lap, aircraft = divmod(number, fleet.aircraft)
    tail = f"HB-Z{chr(65 + aircraft // 26)}{chr(65 + aircraft % 26)}"
    begun = ARRIVAL - timedelta(days=1)
    begun += timedelta(seconds=lap * (fleet.duration_s + TURNAROUND_S) + aircraft)
    layout, seconds = generic_layout(), fleet.duration_s
    drawn = templates(seconds)
    told = clock_readings(begun, seconds, clock_parameters(layout.clock))
    told |= constant_readings(layout, seconds, {"flight_number": number % 800})
    counts = {
        **drawn[number % len(drawn)].counts,
        **round_to_counts(layout, told),
        **encode_texts(layout, seconds, {"tail_number": tail}),
    }
    return recording_name(tail, begun), encode(layout, counts)


@lru_cache(maxsize=4)
def decoded(fleet: Fleet, number: int) -> DecodedRecording:
    """A fleet's recording as the decoder gives it."""
    recorder = Arinc717Recorder(kind="arinc717", members=(".",))
    return decode(recording(fleet, number)[1], recorder, generic_layout())


def archive(fleet: Fleet, number: int) -> bytes:
    """A zip with one recording."""
    name, raw = recording(fleet, number)
    return build_zip((ArchiveMember(name, raw),), ARRIVAL.timetuple()[:6])


@cache
def landing(fleet: Fleet) -> Path:
    """A folder with a fleet's archives, all arrived within :data:`DAY`."""
    folder = workplace() / f"landing-{fleet.recordings}-{fleet.duration_s}"
    folder.mkdir()
    for number in range(fleet.recordings):
        put(folder, f"{number:05}.zip", archive(fleet, number), number)
    return folder


def put(folder: Path, name: str, content: bytes, second: int) -> None:
    """Lets an archive arrive at a second of the day."""
    path = folder / name
    path.write_bytes(content)
    moment = (ARRIVAL + timedelta(seconds=second)).timestamp()
    os.utime(path, (moment, moment))


def house(fleet: Fleet) -> House:
    """A new installation with a fleet in front of its door."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=workplace()))
    chosen = Settings(home=home, source_url=str(landing(fleet)), settle_s=0)
    return House(fleet, chosen, wiring.dependencies(chosen))


@cache
def spark() -> SparkSession:
    """One session for all, configured as the pipeline configures it, and warm."""
    chosen = Settings(home=workplace() / "spark")
    chosen.home.mkdir()
    resources.prepare(chosen)
    builder = SparkSession.builder
    for name, value in resources.spark_config(chosen).items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.range(1).count()
    return session


def stages(house: House) -> Mapping[str, Callable[[], object]]:
    """The eight stages of a house's day, in order, each to be called."""
    request, options = StageRequest(DAY), wiring.stage_options(house.settings, spark)
    return {stage.name: partial(stage.run, house.deps, request, options) for stage in CHAIN}


@cache
def worked(fleet: Fleet) -> House:
    """A house whose fleet has been through every stage."""
    made = house(fleet)
    for run in stages(made).values():
        run()
    return made


def landed(house: House) -> list[str]:
    """The files of a house's analytics table."""
    lake = house.deps.lake.local
    if lake is None:
        raise AssertionError("the lake of a benchmark is a folder")
    return sorted(map(str, lake.glob(f"{ingest.TABLE}/**/*.parquet")))
