"""Live signals as the API shows them: newest values, history, and crossings of limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.limit_bands import limit_bands
from dataflow_health.health.self_check import SignalsArrive
from dataflow_health.schemas import (
    LimitBand,
    LimitCrossing,
    LiveLimit,
    LiveSignal,
    SignalHistory,
    TelemetryHistory,
)
from dataflow_health.storage.signals import crossings as stored_crossings
from dataflow_health.storage.signals import history as stored_history
from dataflow_health.storage.signals.points import find_signals
from dataflow_health.storage.signals.signal_database import from_us, to_us


def newest(engine: Engine, now: datetime, arrives: SignalsArrive) -> tuple[LiveSignal, ...]:
    """All signals by name, with their newest values.

    Args:
        engine: Database of the signals.
        now: Current time, UTC.
        arrives: The check that says when a signal is silent.

    Raises:
        DatabaseError: The database does not answer.
    """
    now_us = to_us(now)
    return tuple(
        LiveSignal(
            name=row.name,
            first_at=from_us(row.first_us),
            last_at=from_us(row.last_us),
            value=row.last_value,
            age_s=(age_us := max(now_us - row.stored_us, 0)) / 1e6,
            source=row.source,
            unit=row.unit,
            state=_state(timedelta(microseconds=age_us), arrives),
        )
        for row in find_signals(engine)
    )


def _state(age: timedelta, arrives: SignalsArrive) -> Literal["arriving", "silent", "ended"]:
    if age > arrives.forgotten_after:
        return "ended"
    return "silent" if age > arrives.at_most else "arriving"


def limits(algorithms: Mapping[str, Algorithm]) -> tuple[LiveLimit, ...]:
    """Limits of live signals by name.

    Args:
        algorithms: Algorithms by name.
    """
    return tuple(
        LiveLimit(
            name=name,
            describes=algorithm.describes,
            severity=algorithm.severity,
            signals=tuple(sorted(algorithm.parameter_names)),
            bands=tuple(
                LimitBand(signal=each.parameter, low=each.low, high=each.high)
                for each in limit_bands(algorithm)
            ),
        )
        for name, algorithm in sorted(algorithms.items())
    )


def history(
    engine: Engine,
    names: Sequence[str],
    span: tuple[datetime, datetime],
    px: int,
    most_signals: int,
) -> TelemetryHistory:
    """History of signals in a range of time.

    Args:
        engine: Database of the signals.
        names: Names of the signals; the first ones by name when empty.
        span: Begin and end of the range.
        px: Width of the plot in pixels: most points of each signal.
        most_signals: Most signals when none is named.

    Raises:
        NotFound: No signal has one of the names.
        DatabaseError: The database does not answer.
    """
    ids = {row.name: row.id for row in find_signals(engine)}
    for name in names:
        if name not in ids:
            known = ", ".join(sorted(ids)[:10]) or "none yet"
            raise NotFound(f"no live signal is named {name!r}; known: {known}")
    range_us = to_us(span[0]), to_us(span[1])
    shown = names or sorted(ids)[:most_signals]
    found = tuple(_history(engine, name, ids[name], range_us, px) for name in shown)
    return TelemetryHistory(from_at=span[0], to_at=span[1], signals=found)


def _history(
    engine: Engine, name: str, signal_id: int, range_us: tuple[int, int], px: int
) -> SignalHistory:
    spans = stored_history.find(engine, signal_id, range_us, px)
    return SignalHistory(
        name=name,
        at_s=tuple(each.at_us / 1e6 for each in spans),
        mean=tuple(each.total / each.points for each in spans),
        low=tuple(each.low for each in spans),
        high=tuple(each.high for each in spans),
        points=tuple(each.points for each in spans),
    )


def crossings(
    engine: Engine, span: tuple[datetime | None, datetime | None], limit: int
) -> tuple[LimitCrossing, ...]:
    """Findings of the algorithms on live signals, newest first.

    Args:
        engine: Database of the signals.
        span: Begin and end of the range; None for no bound.
        limit: Most findings.

    Raises:
        DatabaseError: The database does not answer.
    """
    begin, end = (None if at is None else to_us(at) for at in span)
    found = stored_crossings.find(engine, begin, end, limit)
    return tuple(
        LimitCrossing(
            algorithm=row.algorithm,
            severity=row.severity,
            start_at=from_us(row.start_us),
            end_at=from_us(row.end_us),
            peak=row.peak,
            detail=row.detail,
            is_open=row.is_open,
        )
        for row in found
    )
