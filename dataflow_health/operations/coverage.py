"""Algorithms that apply to each aircraft, and the parameters that each of the others lacks."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby

from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.flight.algorithms.coverage import Coverage, result_coverage
from dataflow_health.schemas import AircraftCoverage, AlgorithmCoverage
from dataflow_health.storage.queries import coverage
from dataflow_health.storage.queries.coverage import AlgorithmApplies

CoverageKind = tuple[str, str, str, str]
"""Aircraft, recorder, layout and arrival day."""


def fleet_coverage(engine: Engine, since: date) -> Mapping[str, tuple[AlgorithmCoverage, ...]]:
    """Coverage of every aircraft with results, without the parameters of each algorithm.

    Args:
        engine: Database of the ledger and the results.
        since: First arrival day that counts.

    Raises:
        DatabaseError: The database is unreachable.
    """
    by_tail: dict[str, tuple[AlgorithmCoverage, ...]] = {}
    for kind, found in _read(engine, since).items():
        by_tail[kind[0]] = (*by_tail.get(kind[0], ()), _model(kind, found))
    return by_tail


def aircraft_coverage(engine: Engine, tail: str, since: date) -> AircraftCoverage:
    """Coverage of one aircraft with the parameters that each algorithm lacks.

    Args:
        engine: Database of the ledger and the results.
        tail: Tail number.
        since: First arrival day that counts.

    Raises:
        NotFound: The aircraft has no results since that day.
        DatabaseError: The database is unreachable.
    """
    found = _read(engine, since, tail)
    if not found:
        raise NotFound(f"no results of aircraft {tail!r} arrived since {since}; try more days")
    models = tuple(_model(kind, each, is_lacking_given=True) for kind, each in found.items())
    return AircraftCoverage(tail=tail, since_day=since, coverage=models)


def _read(engine: Engine, since: date, tail: str | None = None) -> Mapping[CoverageKind, Coverage]:
    rows = coverage.of_newest_day(engine, since.isoformat(), tail)
    return {
        kind: result_coverage(map(_result, group))
        for kind, group in groupby(rows, lambda row: (row.tail, row.recorder, row.layout, row.day))
    }


def _result(row: AlgorithmApplies) -> tuple[str, str, str]:
    return row.algorithm, row.outcome, row.reason


def _model(
    kind: CoverageKind, found: Coverage, *, is_lacking_given: bool = False
) -> AlgorithmCoverage:
    _, recorder, layout, day = kind
    return AlgorithmCoverage(
        recorder=recorder,
        layout=layout or None,
        arrival_day=date.fromisoformat(day),
        algorithms=found.algorithms,
        applicable=found.applicable,
        missing=found.missing,
        lacking=found.lacking if is_lacking_given else {},
        reasons=found.reasons if is_lacking_given else {},
    )
