"""One flight's parameters on common time grids, each computed once and shared by all algorithms.

The grid of an algorithm has the highest rate among its parameters; the samples of slower ones are
held (``sample_hold.py``). Samples are numbered through the whole flight, ``rate`` of them per row.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar, cast

import numpy as np

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.flight_phase import (
    Phase,
    PhaseCodes,
    classify_phases,
    phase_codes,
)
from dataflow_health.flight.algorithms.sample_hold import (
    Indices,
    hold_samples,
    segment_numbers,
    upsample,
)
from dataflow_health.flight.recording import Flight

_Cached = TypeVar("_Cached")


class SampleGrid:
    """A flight, its phases, and a cache of arrays computed from them.

    Attributes:
        flight: The recording.
    """

    def __init__(self, flight: Flight, phases: PhaseCodes | None = None) -> None:
        """Computes nothing yet.

        Args:
            flight: The recording.
            phases: uint8 (n,), one ``flight_phase.Phase`` per second; None to classify them when
                an algorithm first needs them.
        """
        self.flight = flight
        self._cache: dict[object, object] = {} if phases is None else {"phases": phases}

    @property
    def phases(self) -> PhaseCodes:
        """uint8 (n,), one ``flight_phase.Phase`` per second."""
        return self._cached("phases", lambda: classify_phases(self.flight))

    @property
    def has_phases(self) -> bool:
        """Whether the phase of any second is known."""
        return self._cached("has_phases", lambda: bool((self.phases != Phase.UNKNOWN).any()))

    def has(self, name: str) -> bool:
        """Whether a parameter has any value in the recording."""
        return self._cached(("has", name), lambda: self._has_value(name))

    def rate_hz(self, names: Iterable[str]) -> int:
        """The highest rate among the parameters, at least 1."""
        return max((self.flight.values[name].shape[1] for name in names), default=1)

    def column(self, name: str, rate_hz: int) -> Values:
        """A parameter held on the grid of that rate, float64 (n * rate,), NaN where unknown."""
        return self._cached(
            ("column", name, rate_hz), lambda: upsample(self._held_samples(name), rate_hz)
        )

    def condition_mask(self, condition: Condition, rate_hz: int) -> Mask:
        """True where a condition holds, bool (n * rate,)."""
        return condition.evaluate(self.columns(condition.parameter_names, rate_hz))

    def quantity_values(self, quantity: Quantity, rate_hz: int) -> Values:
        """Values of an expression, float64 (n * rate,)."""
        return quantity.evaluate(self.columns(quantity.parameter_names, rate_hz))

    def phase_mask(self, words: Collection[str], rate_hz: int) -> Mask:
        """True where the flight is in one of the phases, bool (n * rate,); all without words."""
        key = ("phase_mask", frozenset(words), rate_hz)
        return self._cached(key, lambda: np.repeat(self._is_in_phase(words), rate_hz))

    def segment_starts(self, rate_hz: int) -> Mask:
        """True at the first sample of each segment without a gap, bool (n * rate,)."""
        return self._cached(
            ("segment_starts", rate_hz),
            lambda: np.diff(self.segment(rate_hz), prepend=np.intp(0)) != 0,
        )

    def segment(self, rate_hz: int) -> Indices:
        """Number of each sample's segment without a gap, (n * rate,)."""
        return self._cached(
            ("segment", rate_hz), lambda: np.repeat(segment_numbers(self.flight.second), rate_hz)
        )

    def time_s(self, samples: Indices, rate_hz: int) -> Values:
        """Times of samples of the grid, in seconds since the start of the recording."""
        row, place = np.divmod(samples, rate_hz)
        return self.flight.second[row] + place / rate_hz

    def columns(self, names: Iterable[str], rate_hz: int) -> Mapping[str, Values]:
        """Parameters by name, each as :meth:`column` gives it."""
        return {name: self.column(name, rate_hz) for name in names}

    def _held_samples(self, name: str) -> Values:
        # float32 would put values that lie on a limit to either side of it.
        values = self.flight.values[name].astype(np.float64, copy=False)
        return hold_samples(values, self.segment(1))

    def _has_value(self, name: str) -> bool:
        values = self.flight.values.get(name)
        return values is not None and not bool(np.isnan(values).all())

    def _is_in_phase(self, words: Collection[str]) -> Mask:
        if not words:
            return np.ones(len(self.flight.second), dtype=np.bool_)
        is_wanted = np.zeros(len(Phase), dtype=np.bool_)
        is_wanted[phase_codes(words)] = True
        in_phase: Mask = is_wanted[self.phases]  # several times as fast as np.isin
        return in_phase

    def _cached(self, key: object, compute: Callable[[], _Cached]) -> _Cached:
        if key not in self._cache:
            self._cache[key] = compute()
        return cast(_Cached, self._cache[key])
