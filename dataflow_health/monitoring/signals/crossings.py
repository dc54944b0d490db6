"""Runs algorithms on the newest points of live signals; pure.

The algorithms and their YAML are those of recordings. A crossing that began before the points that
are looked at is recognised by the one that was found earlier.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np

from dataflow_health.flight.algorithms.algorithm import Algorithm, run_algorithm
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health.flight.recording import Flight, Values
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health.storage.signals.points import Point

SECOND_US = 1_000_000
SHORTEST = timedelta(minutes=10)
"""Time before now that is looked at, at least."""


def span_of(algorithms: Mapping[str, Algorithm]) -> timedelta:
    """How far back points are needed: twice the longest duration that an algorithm asks for."""
    lasting = [getattr(each, "lasting", None) for each in algorithms.values()]
    return max([SHORTEST, *(2 * each for each in lasting if isinstance(each, timedelta))])


def find(
    algorithms: Mapping[str, Algorithm],
    points: Sequence[Point],
    earlier: Sequence[CrossingRow],
) -> list[CrossingRow]:
    """Crossings in some points.

    Args:
        algorithms: Algorithms by name.
        points: Newest points of their signals, by name and time.
        earlier: Crossings that were open when signals were last looked at.
    """
    by_signal: dict[str, list[Point]] = {}
    for point in points:
        by_signal.setdefault(point.signal, []).append(point)
    return [
        row
        for name, algorithm in algorithms.items()
        for row in _of_algorithm(name, algorithm, by_signal, earlier)
    ]


def _of_algorithm(
    name: str,
    algorithm: Algorithm,
    by_signal: Mapping[str, Sequence[Point]],
    earlier: Sequence[CrossingRow],
) -> Iterator[CrossingRow]:
    used = {each: by_signal[each] for each in algorithm.parameter_names if each in by_signal}
    if not used:
        return
    begin_us = min(points[0].at_us for points in used.values())
    begin_us -= begin_us % SECOND_US
    flight = to_flight(used, begin_us)
    phases = np.full(len(flight.second), Phase.UNKNOWN, dtype=np.uint8)
    result = run_algorithm(name, algorithm, flight, phases)
    before = [row for row in earlier if row.algorithm == name]
    for finding in result.findings:
        is_open = finding.end_s >= len(flight.second) - 1
        row = _row(name, algorithm.version, finding, begin_us, is_open=is_open)
        yield _continued(row, before, begin_us)


def to_flight(used: Mapping[str, Sequence[Point]], begin_us: int) -> Flight:
    """Points as a flight of one row a second, with as many samples as the fullest second has.

    A sample keeps its place in the order of its second, so its time is right to a second.

    Args:
        used: Points by signal, each ascending and not empty.
        begin_us: Time of the first row, microseconds since 1970.
    """
    end_us = max(points[-1].at_us for points in used.values())
    seconds = (end_us - begin_us) // SECOND_US + 1
    values = {name: _rows(points, begin_us, seconds) for name, points in used.items()}
    return Flight(second=np.arange(seconds, dtype=np.int32), values=values)


def _rows(points: Sequence[Point], begin_us: int, seconds: int) -> Values:
    row = np.array([(each.at_us - begin_us) // SECOND_US for each in points])
    first_of_row = np.searchsorted(row, row, side="left")
    place = np.arange(len(row)) - first_of_row
    values = np.full((seconds, int(place.max()) + 1), np.nan)
    values[row, place] = [each.value for each in points]
    return values


def _row(name: str, version: str, finding: Finding, begin_us: int, *, is_open: bool) -> CrossingRow:
    return CrossingRow(
        algorithm=name,
        start_us=begin_us + round(finding.start_s * SECOND_US),
        end_us=begin_us + round(finding.end_s * SECOND_US),
        peak=finding.peak,
        severity=finding.severity,
        detail=finding.detail,
        version=version,
        is_open=is_open,
    )


def _continued(row: CrossingRow, before: Sequence[CrossingRow], begin_us: int) -> CrossingRow:
    """A crossing under the begin of the one that it continues.

    Once its begin is no longer among the points that are looked at, the peak stays the first one.
    """
    for each in before:
        is_same = each.start_us <= row.end_us and row.start_us <= each.end_us + SECOND_US
        if is_same and each.start_us < row.start_us:
            peak = each.peak if each.start_us < begin_us else row.peak
            return row._replace(start_us=each.start_us, peak=peak)
    return row
