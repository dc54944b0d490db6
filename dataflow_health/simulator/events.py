"""Known events put into a flight, and what must then be found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dataflow_health.errors import NotFound
from dataflow_health.simulator.convert import Floats, Integers
from dataflow_health.simulator.event_kind import EventKind, Known, Mask
from dataflow_health.simulator.event_kinds import EVENTS
from dataflow_health.simulator.excursion import Window
from dataflow_health.simulator.sampling import Readings

APART_S = 20
"""Seconds kept between two events of one flight."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event that is asked for.

    Attributes:
        name: A key of :data:`~dataflow_health.simulator.event_kinds.EVENTS`.
        at_s: First second; None lets a fitting one be drawn.
        lasting_s: Length; None is the kind's own.
        peak: How far it goes, as :attr:`EventKind.peak`; None is the kind's own.
    """

    name: str
    at_s: int | None = None
    lasting_s: int | None = None
    peak: float | None = None

    @property
    def kind(self) -> EventKind:
        """Its declaration.

        Raises:
            NotFound: No kind has that name.
        """
        if self.name not in EVENTS:
            raise NotFound(f"no event {self.name!r}; there are: {', '.join(sorted(EVENTS))}")
        return EVENTS[self.name]


@dataclass(frozen=True, slots=True)
class Placed:
    """One event that is in a flight.

    Attributes:
        name: Of the algorithm that must find it.
        start_s: Second in which the finding's first sample lies.
        end_s: Second in which its last sample lies.
        peak: Of the finding, from the counts that were recorded.
        unit: Of the peak.
        also: Other algorithms that rightly find it too.
    """

    name: str
    start_s: int
    end_s: int
    peak: float
    unit: str
    also: tuple[str, ...] = ()


def inject(
    readings: Readings,
    phases: Sequence[str],
    events: Sequence[Event],
    rng: np.random.Generator,
) -> tuple[Readings, tuple[tuple[Event, Window], ...]]:
    """Puts events into a flight, none on top of another.

    Args:
        readings: The flight's instruments.
        phases: Planned phase of each second.
        events: Those asked for.
        rng: Draws a second for those that name none.

    Returns:
        Changed readings, and each event with its seconds.

    Raises:
        NotFound: No kind has that name.
        ValueError: The flight has no place for it.
    """
    changed, free = dict(readings), np.ones(len(phases), dtype=np.bool_)
    placed = []
    for event in events:
        window = _place(event, readings, phases, free, rng)
        peak = event.kind.peak if event.peak is None else event.peak
        changed |= event.kind.change(changed, window, peak)
        reach = event.kind.margin_s + APART_S
        free[max(0, window.start_s - reach) : window.end_s + reach + 1] = False
        placed.append((event, window))
    return changed, tuple(placed)


def truth(recorded: Known, placed: Sequence[tuple[Event, Window]]) -> tuple[Placed, ...]:
    """What must be found.

    Args:
        recorded: Engineering values of the counts that were recorded.
        placed: From :func:`inject`.

    Returns:
        One entry an event, in their order.
    """
    return tuple(_told(recorded, event, window) for event, window in placed)


def _told(recorded: Known, event: Event, window: Window) -> Placed:
    kind = event.kind
    seen = kind.extent(recorded, window)
    rows = kind.measure(recorded)[seen.start_s : seen.end_s + 1]
    peak = float(rows.max() if kind.take == "max" else rows.min())
    return Placed(event.name, seen.start_s, seen.end_s, peak, kind.unit, kind.also)


def _place(
    event: Event,
    readings: Mapping[str, Floats],
    phases: Sequence[str],
    free: Mask,
    rng: np.random.Generator,
) -> Window:
    kind = event.kind
    lasting_s = event.lasting_s or kind.lasting_s
    lasting_s += -lasting_s % kind.every_s
    if event.at_s is not None:
        at_s = event.at_s - (event.at_s - kind.first_s) % kind.every_s
        return _asked(event, at_s, lasting_s, len(phases))
    starts = _starts(kind, readings, np.isin(phases, sorted(kind.during)) & free, lasting_s)
    starts = starts[starts % kind.every_s == kind.first_s]
    if not len(starts):
        words = " or ".join(sorted(kind.during))
        raise ValueError(
            f"{event.name}: no {lasting_s} s of {words} in this flight of {len(phases)} s fit it"
        )
    start_s = int(rng.choice(starts))
    return Window(start_s, start_s + lasting_s - 1)


def _asked(event: Event, at_s: int, lasting_s: int, seconds: int) -> Window:
    if not 0 <= at_s <= seconds - lasting_s:
        raise ValueError(f"{event.name} at {at_s} s for {lasting_s} s: the flight has {seconds} s")
    return Window(at_s, at_s + lasting_s - 1)


def _starts(kind: EventKind, readings: Known, suits: Mask, lasting_s: int) -> Integers:
    """First seconds of windows that fit wholly, with their margins in fitting phases."""
    wide = _all_of(suits, kind.margin_s, lasting_s + kind.margin_s)
    return np.flatnonzero(wide & _all_of(suits & kind.fits(readings), 0, lasting_s))


def _all_of(mask: Mask, before: int, after: int) -> Mask:
    """Where the mask holds from so many seconds before to so many after."""
    held = np.concatenate(([0], np.cumsum(mask)))
    at = np.arange(len(mask))
    first, last = at - before, at + after
    inside = (first >= 0) & (last <= len(mask))
    total = held[np.minimum(last, len(mask))] - held[np.maximum(first, 0)]
    whole: Mask = inside & (total == before + after)
    return whole
