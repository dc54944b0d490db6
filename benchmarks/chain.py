"""The whole chain from zip to SQL, against a straightforward script and a hand-tuned one.

Ours runs the eight stages with every algorithm that is shipped; the scripts run twelve. Spark is
started and warm on all sides; what its start costs is told by ``incremental``.
"""

import shutil
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks import benchmark_algorithms, fixtures, straightforward, tuned
from benchmarks.fixtures import Fleet, House
from benchmarks.measure import REPETITIONS, Row, Target, once_s
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.storage.files.lake import sha256
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

SCRIPTED = 3
"""Archives that the straightforward script is measured on; its cost is the same for each."""

Laps = Mapping[str, float]
"""Seconds by stage."""

Events = set[tuple[str, ...]]
"""Recording, algorithm, start, end and peak."""


def run(*, quick: bool = False) -> list[Row]:
    """Fleets from small to large, and each one's cost beside the one before."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MIDDLE, fixtures.MANY)
    found: list[Row] = []
    before: tuple[Fleet, float] | None = None
    for fleet in fleets:
        laps, events = _measured(fleet, 1 if quick else REPETITIONS)
        total = sum(laps.values())
        found += _beside_scripts(fleet, total, events, quick)
        found += _cost(fleet, total, before)
        found += [
            Row(f"chain, {fleet.name}: {stage}", taken * 1000 / fleet.recordings, "ms/recording")
            for stage, taken in laps.items()
        ]
        before = fleet, total
    return found


def _measured(fleet: Fleet, repetitions: int) -> tuple[Laps, Events]:
    """Median seconds of each stage, each time in a new installation, and what was found."""
    every: list[Laps] = []
    warm = 0 if fleet is fixtures.MANY else 1
    for _ in range(repetitions + warm):
        house = fixtures.house(fleet)
        every.append({stage: once_s(work) for stage, work in fixtures.stages(house).items()})
        events = _check(house)
        house.deps.engine.dispose()
        shutil.rmtree(house.settings.home)
    stages = every[0]
    return {s: statistics.median(laps[s] for laps in every[warm:]) for s in stages}, events


def _check(house: House) -> Events:
    """All recordings came through; what the twelve found that the scripts look for, too."""
    loaded = stage_records.find(house.deps.engine, stage="load", day=fixtures.DAY, states=["done"])
    if len(loaded) != house.fleet.recordings:
        raise AssertionError(f"{len(loaded)} of {house.fleet.recordings} recordings came through")
    table = tables.finding
    found = select(
        table.c.recording_id, table.c.algorithm, table.c.start_s, table.c.end_s, table.c.peak
    ).where(table.c.algorithm.in_(benchmark_algorithms.NAMES))
    return _events(map(tuple, fetch(house.deps.engine, found)))


def _events(found: Iterable[Any]) -> Events:
    """What was found, numbers to the sixth digit: each side adds them up in its own order."""
    return {(who, what, *(f"{number:.6g}" for number in rest)) for who, what, *rest in found}


def _same(ours: Events, theirs: Events, side: str) -> None:
    if not ours or ours != theirs:
        raise AssertionError(f"{side} finds {len(theirs)} events, we {len(ours)}, not the same")


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


def _beside_scripts(fleet: Fleet, total_s: float, events: Events, quick: bool) -> Iterator[Row]:
    ours = fleet.hours / total_s
    tuned_s = _tuned_s(fleet, events, 1 if quick else REPETITIONS)
    wanted = Target(">=", 1 / 1.2) if fleet is fixtures.MANY else None
    name, unit = f"chain, {fleet.name}", "flight-hours/s"
    yield Row(name, ours, unit, tuned_s / total_s, "hand-tuned polars", wanted)
    if fleet is not fixtures.MANY:
        scripted_s = _scripted_s(fleet, events) * fleet.recordings
        wanted = Target(">=", 50) if fleet is fixtures.MIDDLE else None
        yield Row(name, ours, unit, scripted_s / total_s, "straightforward script", wanted)


def _plain() -> list[benchmark_algorithms.Plain]:
    return benchmark_algorithms.plain(load(BUILTIN_FOLDER).algorithms, generic_layout())


def _tuned_s(fleet: Fleet, events: Events, repetitions: int) -> float:
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip")), _plain()
    taken = []
    found: list[benchmark_algorithms.Found] = []
    for _ in range(repetitions + 1):
        with tempfile.TemporaryDirectory(dir=fixtures.workplace()) as folder:
            work = partial(tuned.run, zips, generic_layout(), wanted, Path(folder))
            taken.append(once_s(lambda work=work: found.extend(work())))  # type: ignore[misc]
    _same(events, _events(found), "the hand-tuned chain")
    return statistics.median(taken[1:])


def _scripted_s(fleet: Fleet, events: Events) -> float:
    """Seconds an archive takes."""
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip"))[:SCRIPTED], _plain()
    session, layout = fixtures.spark(), generic_layout()
    with tempfile.TemporaryDirectory(dir=fixtures.workplace()) as folder:
        taken = []
        for number, path in enumerate(zips):
            work = partial(straightforward.run, path, layout, wanted, session, Path(folder))
            found: list[benchmark_algorithms.Found] = []
            taken.append(once_s(lambda work=work, found=found: found.extend(work())))  # type: ignore[misc]
            mine = sha256(fixtures.recording(fleet, number)[1])
            theirs = _events((mine, *rest) for _, *rest in found)
            _same({e for e in events if e[0] == mine}, theirs, "the script")
        return statistics.median(taken)
