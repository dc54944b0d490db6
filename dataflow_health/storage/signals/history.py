"""History of live signals: sums over equal spans, from points, minutes or hours."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Engine,
    Select,
    Table,
    cast,
    func,
    literal,
    select,
    union_all,
)

from dataflow_health.storage.signals import progress
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import HOUR_US, MINUTE_US
from dataflow_health.storage.signals.tables import hour, minute, point, signal, unsummed
from dataflow_health.storage.sql.database import snapshot
from dataflow_health.storage.sql.statements import fetch_as

_SpanSelect = Select[tuple[int, int, float, float, float]]


class Span(NamedTuple):
    """Points of one signal in one span of time, summed up.

    Attributes:
        at_us: Begin of the span, microseconds since 1970; the time of the point where it is one.
        points: Number of points.
        total: Sum of their values.
        low: Lowest value.
        high: Highest value.
    """

    at_us: int
    points: int
    total: float
    low: float
    high: float


def find(engine: Engine, signal_id: int, range_us: tuple[int, int], most: int) -> list[Span]:
    """History of one signal, ascending.

    A range with at most ``most`` points gives each of them. Else points, minutes or hours are
    summed up, whichever is the coarsest that the spans still allow and that is still kept.

    Args:
        engine: Database of the signals.
        signal_id: Id of the signal.
        range_us: First time, and the time before which the last span begins.
        most: Most spans.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        points_from_us = progress.read(connection, progress.POINTS_FROM) or 0
        has_points = range_us[0] >= points_from_us
        if has_points:
            few = _points(connection, signal_id, range_us, most)
            if len(few) <= most:
                return few
        step_us = _step_us(range_us, most, has_points=has_points)
        parts = _sources(connection, signal_id, range_us, step_us)
        rows = connection.execute(_grouped(parts, step_us)).all()
    return [Span._make(row) for row in rows]


def _step_us(range_us: tuple[int, int], most: int, *, has_points: bool) -> int:
    """Width of the spans: from a minute on whole minutes, from an hour on whole hours."""
    step_us = max(-(-(range_us[1] - range_us[0]) // max(most - 1, 1)), 1)
    for unit_us in (HOUR_US, MINUTE_US):
        if step_us >= unit_us:
            return -(-step_us // unit_us) * unit_us
    return step_us if has_points else MINUTE_US


def points_between(engine: Engine, names: Sequence[str], from_us: int, to_us: int) -> list[Point]:
    """Points of some signals in a range, by name and time, for algorithms that need each of them.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = (
        select(signal.c.name, point.c.at_us, point.c.value)
        .join(point, point.c.signal_id == signal.c.id)
        .where(signal.c.name.in_(names), point.c.at_us >= from_us, point.c.at_us < to_us)
        .order_by(signal.c.name, point.c.at_us)
    )
    return fetch_as(Point, engine, statement)


def _points(
    connection: Connection, signal_id: int, range_us: tuple[int, int], most: int
) -> list[Span]:
    """Single points, at most one more than asked for."""
    statement = (
        select(point.c.at_us, literal(1), point.c.value, point.c.value, point.c.value)
        .where(*_within(point, signal_id, range_us))
        .order_by(point.c.at_us)
        .limit(most + 1)
    )
    return [Span._make(row) for row in connection.execute(statement)]


def _sources(
    connection: Connection, signal_id: int, range_us: tuple[int, int], step_us: int
) -> list[_SpanSelect]:
    """What to sum up. From the first minute that has no sums yet on, the points themselves."""
    from_us, to_us = range_us
    if step_us < MINUTE_US:
        return [_point_part(signal_id, range_us)]
    waiting_us = connection.execute(select(func.min(unsummed.c.at_us))).scalar()
    summed_us = to_us if waiting_us is None else min(max(waiting_us, from_us), to_us)
    hours_us = from_us
    if step_us >= HOUR_US:
        hours_us = max(summed_us - summed_us % HOUR_US, from_us)
    return [
        _tier_part(hour, signal_id, (from_us, hours_us)),
        _tier_part(minute, signal_id, (hours_us, summed_us)),
        _point_part(signal_id, (summed_us, to_us)),
    ]


def _tier_part(tier: Table, signal_id: int, range_us: tuple[int, int]) -> _SpanSelect:
    columns = tier.c.at_us, tier.c.points, tier.c.total, tier.c.low, tier.c.high
    return select(*columns).where(*_within(tier, signal_id, range_us))


def _point_part(signal_id: int, range_us: tuple[int, int]) -> _SpanSelect:
    value = point.c.value
    return select(
        point.c.at_us, literal(1).label("points"), value.label("total"), value.label("low"),
        value.label("high"),
    ).where(*_within(point, signal_id, range_us))  # fmt: skip


def _within(
    table: Table, signal_id: int, range_us: tuple[int, int]
) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.signal_id == signal_id,
        table.c.at_us >= range_us[0],
        table.c.at_us < range_us[1],
    )


def _grouped(parts: list[_SpanSelect], step_us: int) -> _SpanSelect:
    whole = union_all(*parts).subquery()
    at_us, points, total, low, high = whole.c
    begin = at_us - at_us % step_us
    return (
        select(
            begin, func.sum(points), func.sum(cast(total, Double)), func.min(low), func.max(high)
        )
        .group_by(begin)
        .order_by(begin)
    )
