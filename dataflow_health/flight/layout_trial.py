"""Trial of a layout on one recording: what each parameter reads, so that a mistake is seen at once.

A wrong sign shows as a jump by the whole range, a wrong layout as values out of range and large
steps, a word that is not recorded as a constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import DecodedRecording, Series, Values
from dataflow_health.flight.vocabulary import Term


@dataclass(frozen=True, slots=True)
class ParameterTrial:
    """Values of one parameter in a recording.

    Attributes:
        unit: Engineering unit.
        samples: Number of samples; without any, the numbers below are None.
        lowest: Smallest value.
        highest: Largest value.
        largest_step: Largest difference of two samples that follow each other.
        outside_share: Share of samples outside the plausible range; None without a range.
        is_constant: Whether all samples are equal.
    """

    unit: str
    samples: int
    lowest: float | None = None
    highest: float | None = None
    largest_step: float | None = None
    outside_share: float | None = None
    is_constant: bool = False


def try_parameters(
    decoded: DecodedRecording, terms: Mapping[str, Term]
) -> Mapping[str, ParameterTrial]:
    """Values of all numeric parameters of a recording, by name.

    Args:
        decoded: The recording.
        terms: The vocabulary, whose plausible ranges hold where the layout gives none.
    """
    return {
        name: _try(series, terms.get(name))
        for name, series in decoded.series.items()
        if not series.parameter.is_text
    }


def _try(series: Series, term: Term | None) -> ParameterTrial:
    values = to_values(series).reshape(-1)
    known = values[np.isfinite(values)]
    unit = series.parameter.unit
    if not known.size:
        return ParameterTrial(unit, 0)
    low_high = series.parameter.valid_range or (term.plausible_range if term else None)
    steps = np.abs(np.diff(known))
    return ParameterTrial(
        unit=unit,
        samples=int(known.size),
        lowest=float(known.min()),
        highest=float(known.max()),
        largest_step=float(steps.max()) if steps.size else 0.0,
        outside_share=_outside_share(known, low_high) if low_high else None,
        is_constant=bool((known == known[0]).all()),
    )


def _outside_share(known: Values, low_high: tuple[float, float]) -> float:
    return float(((known < low_high[0]) | (known > low_high[1])).mean())
