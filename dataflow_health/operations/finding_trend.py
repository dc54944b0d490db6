"""Trend of findings by month: per algorithm or aircraft, and per 100 flight hours."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health.schemas import FindingTrend, FlownHours, TrendLine, TrendPoint
from dataflow_health.storage.queries import finding_trend
from dataflow_health.storage.queries.finding_trend import FlownMonth, Grouping, TrendFilter
from dataflow_health.storage.records.finding_counts import month

MONTHS = 24
"""Months of a trend without a start."""
MAX_MONTHS = 240
MAX_LINES = 50
"""Lines of a trend, those with the most findings."""
S_PER_H = 3600.0


def read(
    engine: Engine,
    chosen: TrendFilter,
    by: Grouping = "algorithm",
    pseudonyms: Pseudonyms | None = None,
) -> FindingTrend:
    """The trend of some findings; a month without any has the number 0.

    Args:
        engine: Database of the results.
        chosen: Findings to select.
        by: What has a line of its own.
        pseudonyms: Names of the aircraft in exports, if there are any.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = finding_trend.findings(engine, chosen, by)
    dismissed = {(m, name): n for m, name, n in finding_trend.dismissed(engine, chosen, by)}
    flown = _flown(finding_trend.flights(engine, chosen))
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    for at, name, number in found:
        lines[name][at] = number
    ordered = sorted(lines, key=lambda name: (-lines[name].total(), name))
    return FindingTrend(
        by=by,
        months=tuple(_months(chosen)),
        flown=tuple(_hours(at, flown[""].get(at)) for at in _months(chosen)),
        lines=tuple(
            TrendLine(
                name=name,
                pseudonym=pseudonyms.of(name) if pseudonyms and by == "tail" else "",
                points=tuple(
                    _point(
                        _hours(at, flown[name if by == "tail" else ""].get(at)),
                        lines[name][at],
                        dismissed.get((at, name), 0),
                    )
                    for at in _months(chosen)
                ),
            )
            for name in ordered[:MAX_LINES]
        ),
        names=len(ordered),
    )


def span(from_at: datetime | None, to_at: datetime | None, now: datetime) -> tuple[str, str]:
    """First and last month of a trend; of the :data:`MONTHS` until now without a time."""
    last = month(to_at or now)
    first = month(from_at) if from_at else _back(last, MONTHS - 1)
    return max(first, _back(last, MAX_MONTHS - 1)), last


def _back(last: str, months: int) -> str:
    number = int(last[:4]) * 12 + int(last[5:]) - 1 - months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _months(chosen: TrendFilter) -> Iterator[str]:
    at = chosen.first_month
    while at <= chosen.last_month:
        yield at
        at = _back(at, -1)


def _flown(rows: list[FlownMonth]) -> Mapping[str, Mapping[str, tuple[int, float]]]:
    """Flights and seconds by aircraft and month; those of all aircraft have no name."""
    found: dict[str, dict[str, tuple[int, float]]] = defaultdict(dict)
    for row in rows:
        for name in ("", row.tail):
            flights, flown_s = found[name].get(row.month, (0, 0.0))
            found[name][row.month] = (flights + row.flights, flown_s + row.flown_s)
    return found


def _hours(at: str, flown: tuple[int, float] | None) -> FlownHours:
    flights, flown_s = flown or (0, 0.0)
    return FlownHours(month=at, flights=flights, flown_h=flown_s / S_PER_H)


def _point(flown: FlownHours, number: int, dismissed: int) -> TrendPoint:
    rate = 100 * (number - dismissed) / flown.flown_h if flown.flown_h else None
    return TrendPoint(**flown.model_dump(), findings=number, dismissed=dismissed, per_100_h=rate)
