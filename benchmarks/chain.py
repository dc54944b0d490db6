"""The whole chain from zip to SQL, compared with a straightforward and a hand-tuned script.

Our chain runs eight stages with all shipped algorithms; the scripts run twelve algorithms. Spark is
warmed up for all of them; the benchmark ``incremental`` includes its start.
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
from benchmarks.fixtures import Fleet, Installation
from benchmarks.measure import REPETITIONS, Measurement, Target, time_call_s
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.storage.files.lake import sha256
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

SCRIPTED = 3
"""Archives processed by the straightforward script, whose cost for each is constant."""

StageDurations = Mapping[str, float]
"""Seconds by stage."""

Events = set[tuple[str, ...]]
"""Recording, algorithm, start, end and peak."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Processes fleets from small to large, comparing the costs of each with the previous one."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MEDIUM, fixtures.MANY)
    found: list[Measurement] = []
    before: tuple[Fleet, float] | None = None
    for fleet in fleets:
        durations, events = _measure(fleet, 1 if quick else REPETITIONS)
        total = sum(durations.values())
        found += _compare_with_scripts(fleet, total, events, quick)
        found += _cost(fleet, total, before)
        found += [
            Measurement(
                f"chain, {fleet.name}: {stage}",
                duration_s * 1000 / fleet.recordings,
                "ms/recording",
            )
            for stage, duration_s in durations.items()
        ]
        before = fleet, total
    return found


def _measure(fleet: Fleet, repetitions: int) -> tuple[StageDurations, Events]:
    """Median duration of each stage in new installations, and the events found."""
    runs: list[StageDurations] = []
    warm_up = 0 if fleet is fixtures.MANY else 1
    for _ in range(repetitions + warm_up):
        installation = fixtures.new_installation(fleet)
        runs.append(
            {
                stage: time_call_s(run_stage)
                for stage, run_stage in fixtures.stages(installation).items()
            }
        )
        events = _check(installation)
        installation.deps.engine.dispose()
        shutil.rmtree(installation.settings.home)
    stages = runs[0]
    return {
        s: statistics.median(durations[s] for durations in runs[warm_up:]) for s in stages
    }, events


def _check(installation: Installation) -> Events:
    """Verifies that all recordings are done; returns the events of the twelve algorithms."""
    loaded = stage_records.find(
        installation.deps.engine, stage="load", day=fixtures.DAY, states=["done"]
    )
    if len(loaded) != installation.fleet.recordings:
        raise AssertionError(
            f"{len(loaded)} of {installation.fleet.recordings} recordings are done"
        )
    table = tables.finding
    found = select(
        table.c.recording_id, table.c.algorithm, table.c.start_s, table.c.end_s, table.c.peak
    ).where(table.c.algorithm.in_(benchmark_algorithms.NAMES))
    return _events(map(tuple, fetch(installation.deps.engine, found)))


def _events(found: Iterable[Any]) -> Events:
    """Events with numbers rounded to six digits, as floating-point sums depend on their order."""
    return {
        (recording, algorithm, *(f"{number:.6g}" for number in numbers))
        for recording, algorithm, *numbers in found
    }


def _same(ours: Events, theirs: Events, side: str) -> None:
    if not ours or ours != theirs:
        raise AssertionError(f"{side} has {len(theirs)} events, our chain {len(ours)}; they differ")


def _cost(
    fleet: Fleet, total_s: float, before: tuple[Fleet, float] | None
) -> Iterator[Measurement]:
    """Cost of a recording and of a flight hour, which must not exceed those of a smaller fleet.

    An hour of short recordings may cost half as much again: each has its files and its rows.
    """
    least = 1 / 1.5 if fleet is fixtures.MANY else 1.0
    for unit, share, bound in (
        ("ms/recording", _ms_per_recording, 1.0),
        ("ms/flight-hour", _ms_per_flight_hour, least),
    ):
        cost = share(fleet, total_s)
        ratio = share(*before) / cost if before else None
        against = before[0].name if before else ""
        target = Target(">=", bound) if before else None
        yield Measurement(f"chain, {fleet.name}, cost", cost, unit, ratio, against, target)


def _ms_per_recording(fleet: Fleet, total_s: float) -> float:
    return total_s * 1000 / fleet.recordings


def _ms_per_flight_hour(fleet: Fleet, total_s: float) -> float:
    return total_s * 1000 / fleet.hours


def _compare_with_scripts(
    fleet: Fleet, total_s: float, events: Events, quick: bool
) -> Iterator[Measurement]:
    ours = fleet.hours / total_s
    tuned_s = _tuned_s(fleet, events, 1 if quick else REPETITIONS)
    target = None if fleet is fixtures.FEW else Target(">=", 1 / 2)
    name, unit = f"chain, {fleet.name}", "flight-hours/s"
    yield Measurement(name, ours, unit, tuned_s / total_s, "hand-tuned polars", target)
    if fleet is not fixtures.MANY:
        scripted_s = _scripted_s(fleet, events) * fleet.recordings
        target = Target(">=", 15) if fleet is fixtures.MEDIUM else None
        yield Measurement(name, ours, unit, scripted_s / total_s, "straightforward script", target)


def _plain() -> list[benchmark_algorithms.PlainExceedance]:
    return benchmark_algorithms.read_exceedances(load(BUILTIN_FOLDER).algorithms, generic_layout())


def _tuned_s(fleet: Fleet, events: Events, repetitions: int) -> float:
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip")), _plain()
    taken = []
    found: list[benchmark_algorithms.EventRow] = []
    for _ in range(repetitions + 1):
        with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
            work = partial(tuned.run, zips, generic_layout(), wanted, Path(folder))
            taken.append(time_call_s(lambda work=work: found.extend(work())))  # type: ignore[misc]
    _same(events, _events(found), "the hand-tuned chain")
    return statistics.median(taken[1:])


def _scripted_s(fleet: Fleet, events: Events) -> float:
    """Seconds an archive takes."""
    zips, wanted = sorted(fixtures.landing(fleet).glob("*.zip"))[:SCRIPTED], _plain()
    session, layout = fixtures.spark(), generic_layout()
    with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
        taken = []
        for number, path in enumerate(zips):
            work = partial(straightforward.run, path, layout, wanted, session, Path(folder))
            found: list[benchmark_algorithms.EventRow] = []
            taken.append(time_call_s(lambda work=work, found=found: found.extend(work())))  # type: ignore[misc]
            mine = sha256(fixtures.recording(fleet, number)[1])
            theirs = _events((mine, *rest) for _, *rest in found)
            _same({e for e in events if e[0] == mine}, theirs, "the script")
        return statistics.median(taken)
