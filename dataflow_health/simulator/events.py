"""Injects known events into a flight and determines the findings to expect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dataflow_health.errors import NotFound
from dataflow_health.simulator.convert import Floats, Integers
from dataflow_health.simulator.event_kind import EventKind, Mask, ReadingsView
from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.excursion import Window
from dataflow_health.simulator.sampling import Readings

GAP_S = 20
"""Minimum seconds between two events of one flight."""


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event to be injected.

    Attributes:
        name: A key of :data:`~dataflow_health.simulator.event_kinds.EVENT_KINDS`.
        at_s: First second; None draws a suitable one.
        lasting_s: Duration; None is the default of the kind.
        peak: Argument like :attr:`EventKind.peak`; None is the default of the kind.
    """

    name: str
    at_s: int | None = None
    lasting_s: int | None = None
    peak: float | None = None

    @property
    def kind(self) -> EventKind:
        """Kind of the event.

        Raises:
            NotFound: No kind of event has this name.
        """
        if self.name not in EVENT_KINDS:
            raise NotFound(f"unknown event {self.name!r}; known: {', '.join(sorted(EVENT_KINDS))}")
        return EVENT_KINDS[self.name]


@dataclass(frozen=True, slots=True)
class InjectedEvent:
    """An event in a flight, with its expected finding.

    Attributes:
        name: Algorithm that must find it.
        start_s: Second of the finding's first sample.
        end_s: Second of the finding's last sample.
        peak: Peak of the finding, from the recorded counts.
        unit: Unit of the peak.
        also_found_by: Other algorithms that correctly find the event too.
    """

    name: str
    start_s: int
    end_s: int
    peak: float
    unit: str
    also_found_by: tuple[str, ...] = ()


def inject(
    readings: Readings,
    phases: Sequence[str],
    events: Sequence[PlannedEvent],
    rng: np.random.Generator,
) -> tuple[Readings, tuple[tuple[PlannedEvent, Window], ...]]:
    """Injects events into a flight without overlap.

    Args:
        readings: Readings of the flight's instruments.
        phases: Planned phase of each second.
        events: Events to inject.
        rng: Source of random numbers for events without a fixed second.

    Returns:
        The changed readings, and each event with its window.

    Raises:
        NotFound: No kind of event has this name.
        ValueError: The flight has no suitable window for an event.
    """
    changed, free = dict(readings), np.ones(len(phases), dtype=np.bool_)
    windows = []
    for event in events:
        window = _choose_window(event, readings, phases, free, rng)
        peak = event.kind.peak if event.peak is None else event.peak
        changed |= event.kind.change(changed, window, peak)
        reach = event.kind.margin_s + GAP_S
        free[max(0, window.start_s - reach) : window.end_s + reach + 1] = False
        windows.append((event, window))
    return changed, tuple(windows)


def measure_events(
    recorded: ReadingsView, windows: Sequence[tuple[PlannedEvent, Window]]
) -> tuple[InjectedEvent, ...]:
    """Measures the expected finding of each event in the recorded values.

    Args:
        recorded: Engineering values of the recorded counts.
        windows: Events and windows from :func:`inject`.

    Returns:
        One entry for each event, in the same order.
    """
    return tuple(_measure_event(recorded, event, window) for event, window in windows)


def _measure_event(recorded: ReadingsView, event: PlannedEvent, window: Window) -> InjectedEvent:
    kind = event.kind
    extent = kind.extent(recorded, window)
    rows = kind.measure(recorded)[extent.start_s : extent.end_s + 1]
    peak = float(rows.max() if kind.take == "max" else rows.min())
    return InjectedEvent(
        event.name, extent.start_s, extent.end_s, peak, kind.unit, kind.also_found_by
    )


def _choose_window(
    event: PlannedEvent,
    readings: Mapping[str, Floats],
    phases: Sequence[str],
    free: Mask,
    rng: np.random.Generator,
) -> Window:
    kind = event.kind
    lasting_s = event.lasting_s or kind.lasting_s
    lasting_s += -lasting_s % kind.sample_interval_s
    if event.at_s is not None:
        at_s = event.at_s - (event.at_s - kind.first_sample_s) % kind.sample_interval_s
        return _fixed_window(event, at_s, lasting_s, len(phases))
    starts = _suitable_starts(
        kind, readings, np.isin(phases, sorted(kind.during)) & free, lasting_s
    )
    starts = starts[starts % kind.sample_interval_s == kind.first_sample_s]
    if not len(starts):
        during = " or ".join(sorted(kind.during))
        raise ValueError(
            f"{event.name}: no suitable {lasting_s} s of {during} in a flight of {len(phases)} s"
        )
    start_s = int(rng.choice(starts))
    return Window(start_s, start_s + lasting_s - 1)


def _fixed_window(event: PlannedEvent, at_s: int, lasting_s: int, seconds: int) -> Window:
    if not 0 <= at_s <= seconds - lasting_s:
        raise ValueError(
            f"{event.name} at {at_s} s for {lasting_s} s: the flight lasts {seconds} s"
        )
    return Window(at_s, at_s + lasting_s - 1)


def _suitable_starts(
    kind: EventKind, readings: ReadingsView, allowed: Mask, lasting_s: int
) -> Integers:
    """First seconds of windows whose seconds all fit and whose margins are in allowed phases."""
    with_margins = _all_between(allowed, kind.margin_s, lasting_s + kind.margin_s)
    return np.flatnonzero(with_margins & _all_between(allowed & kind.fits(readings), 0, lasting_s))


def _all_between(mask: Mask, before: int, after: int) -> Mask:
    """Seconds for which the mask is true from ``before`` seconds earlier to ``after`` later."""
    total = np.concatenate(([0], np.cumsum(mask)))
    seconds = np.arange(len(mask))
    first, last = seconds - before, seconds + after
    inside = (first >= 0) & (last <= len(mask))
    count = total[np.minimum(last, len(mask))] - total[np.maximum(first, 0)]
    complete: Mask = inside & (count == before + after)
    return complete
