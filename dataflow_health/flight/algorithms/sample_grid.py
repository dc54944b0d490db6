"""One flight's parameters on common time grids, each made once and shared by all algorithms.

The grid of an algorithm runs at the highest rate among its parameters; slower ones are held
(``hold.py``). Its samples are numbered through the whole flight, ``rate`` of them a row.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar, cast

import numpy as np

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.flight_phase import PhaseCodes, phase_codes
from dataflow_health.flight.algorithms.sample_hold import (
    Indices,
    hold_samples,
    segment_numbers,
    upsample,
)
from dataflow_health.flight.recording import Flight

_Cached = TypeVar("_Cached")


class SampleGrid:
    """A flight, its phases, and what has been computed from them so far.

    Attributes:
        flight: The recording.
        phases: uint8 (n,), one ``flight_phase.Phase`` a second.
    """

    def __init__(self, flight: Flight, phases: PhaseCodes) -> None:
        self.flight = flight
        self.phases = phases
        self._made: dict[object, object] = {}

    def rate_hz(self, names: Iterable[str]) -> int:
        """The highest rate among the parameters, at least 1."""
        return max((self.flight.values[name].shape[1] for name in names), default=1)

    def column(self, name: str, rate_hz: int) -> Values:
        """A parameter held on the grid of that rate, float64 (n * rate,), NaN where unknown."""
        return self._once(("column", name, rate_hz), lambda: upsample(self._held(name), rate_hz))

    def where(self, condition: Condition, rate_hz: int) -> Mask:
        """Where a condition holds, bool (n * rate,)."""
        return condition.evaluate(self._columns(condition.names, rate_hz))

    def value(self, quantity: Quantity, rate_hz: int) -> Values:
        """What an expression is worth, float64 (n * rate,)."""
        return quantity.evaluate(self._columns(quantity.names, rate_hz))

    def during(self, words: Collection[str], rate_hz: int) -> Mask:
        """Where the flight is in one of the phases, bool (n * rate,); no words mean everywhere."""
        key = ("during", frozenset(words), rate_hz)
        return self._once(key, lambda: np.repeat(self._seconds_in(words), rate_hz))

    def opens(self, rate_hz: int) -> Mask:
        """True at the first sample of each stretch without a gap, bool (n * rate,)."""
        return self._once(
            ("opens", rate_hz), lambda: np.diff(self.stretch(rate_hz), prepend=np.intp(0)) != 0
        )

    def stretch(self, rate_hz: int) -> Indices:
        """Number of the stretch without a gap that each sample lies in, (n * rate,)."""
        return self._once(
            ("stretch", rate_hz), lambda: np.repeat(segment_numbers(self.flight.second), rate_hz)
        )

    def time_s(self, samples: Indices, rate_hz: int) -> Values:
        """Seconds since the recording's start of samples of the grid, float64."""
        row, place = np.divmod(samples, rate_hz)
        return self.flight.second[row] + place / rate_hz

    def _columns(self, names: Iterable[str], rate_hz: int) -> Mapping[str, Values]:
        return {name: self.column(name, rate_hz) for name in names}

    def _held(self, name: str) -> Values:
        # float32 would put values that lie on a limit to either side of it.
        values = self.flight.values[name].astype(np.float64, copy=False)
        return hold_samples(values, self.stretch(1))

    def _seconds_in(self, words: Collection[str]) -> Mask:
        if not words:
            return np.ones(len(self.phases), dtype=np.bool_)
        return np.isin(self.phases, phase_codes(words))

    def _once(self, key: object, make: Callable[[], _Cached]) -> _Cached:
        if key not in self._made:
            self._made[key] = make()
        return cast(_Cached, self._made[key])
