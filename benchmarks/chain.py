"""The whole chain from zip to SQL, against a straightforward script and a hand-tuned one.

Ours runs the eight stages with every algorithm that is shipped; the scripts run twelve. Spark is
started and warm on all sides; what its start costs is told by ``incremental``.
"""

import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks import fixtures, straightforward, tuned, twelve
from benchmarks.fixtures import Fleet, House
from benchmarks.measure import REPETITIONS, Row, Target, once_s
from dataflow_health.config.load import builtin_folder, load
from dataflow_health.sample.layouts import generic_layout
from dataflow_health.storage import ledger

SCRIPTED = 3
"""Archives that the straightforward script is measured on; its cost is the same for each."""

Laps = Mapping[str, float]
"""Seconds by stage."""


def run(*, quick: bool = False) -> list[Row]:
    """Fleets from small to large, and each one's cost beside the one before."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MIDDLE, fixtures.MANY)
    found: list[Row] = []
    before: tuple[Fleet, float] | None = None
    for fleet in fleets:
        laps = _measured(fleet, 1 if quick else REPETITIONS)
        total = sum(laps.values())
        found += _beside_scripts(fleet, total, quick)
        found += _cost(fleet, total, before)
        found += [
            Row(f"chain, {fleet.name}: {stage}", taken * 1000 / fleet.recordings, "ms/recording")
            for stage, taken in laps.items()
        ]
        before = fleet, total
    return found


def _measured(fleet: Fleet, repetitions: int) -> Laps:
    """Median seconds of each stage, each time in a new installation."""
    every: list[Laps] = []
    warm = 0 if fleet is fixtures.MANY else 1
    for _ in range(repetitions + warm):
        house = fixtures.house(fleet)
        every.append({stage: once_s(work) for stage, work in fixtures.stages(house).items()})
        _check(house)
        house.ports.engine.dispose()
        shutil.rmtree(house.settings.home)
    return {stage: statistics.median(laps[stage] for laps in every[warm:]) for stage in every[0]}


def _check(house: House) -> None:
    loaded = ledger.passages(house.ports.engine, "load", fixtures.DAY, ["done"])
    if len(loaded) != house.fleet.recordings:
        raise AssertionError(f"{len(loaded)} of {house.fleet.recordings} recordings came through")


def _cost(fleet: Fleet, total_s: float, before: tuple[Fleet, float] | None) -> Iterator[Row]:
    """What a recording and a flight-hour cost, beside the smaller fleet: it must not grow."""
    for unit, share in (("ms/recording", _a_recording), ("ms/flight-hour", _an_hour)):
        cost = share(fleet, total_s)
        ratio = share(*before) / cost if before else None
        against = before[0].name if before else ""
        target = Target(">=", 1.0) if before else None
        yield Row(f"chain, {fleet.name}, cost", cost, unit, ratio, against, target)


def _a_recording(fleet: Fleet, total_s: float) -> float:
    return total_s * 1000 / fleet.recordings


def _an_hour(fleet: Fleet, total_s: float) -> float:
    return total_s * 1000 / fleet.hours


def _beside_scripts(fleet: Fleet, total_s: float, quick: bool) -> Iterator[Row]:
    ours = fleet.hours / total_s
    tuned_s = _tuned_s(fleet, 1 if quick else REPETITIONS)
    wanted = Target(">=", 1 / 1.2) if fleet is fixtures.MANY else None
    name, unit = f"chain, {fleet.name}", "flight-hours/s"
    yield Row(name, ours, unit, tuned_s / total_s, "hand-tuned polars", wanted)
    if fleet is not fixtures.MANY:
        scripted_s = _scripted_s(fleet) * fleet.recordings
        wanted = Target(">=", 50) if fleet is fixtures.MIDDLE else None
        yield Row(name, ours, unit, scripted_s / total_s, "straightforward script", wanted)


def _plain() -> list[twelve.Plain]:
    return twelve.plain(load(builtin_folder()).algorithms, generic_layout())


def _tuned_s(fleet: Fleet, repetitions: int) -> float:
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip")), _plain()
    taken = []
    for _ in range(repetitions + 1):
        with tempfile.TemporaryDirectory(dir=fixtures.workplace()) as folder:
            taken.append(once_s(partial(tuned.run, zips, generic_layout(), wanted, Path(folder))))
    return statistics.median(taken[1:])


def _scripted_s(fleet: Fleet) -> float:
    """Seconds an archive takes."""
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip"))[:SCRIPTED], _plain()
    session, layout = fixtures.spark(), generic_layout()
    with tempfile.TemporaryDirectory(dir=fixtures.workplace()) as folder:
        return statistics.median(
            once_s(partial(straightforward.run, path, layout, wanted, session, Path(folder)))
            for path in zips
        )
