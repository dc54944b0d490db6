"""Worked examples inside an algorithm's YAML: given samples and expected findings."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from dataflow_health.flight.algorithms.expression import Values
from dataflow_health.flight.algorithms.flight_phase import PhaseWord
from dataflow_health.flight.layout import FlightModel
from dataflow_health.flight.recording import Flight

_REPEATED = re.compile(r"(?P<first>\S+)(?: to (?P<last>\S+))? x (?P<times>\d{1,6})")


def _check_repeated(text: str) -> str:
    _expand_repeated(text)
    return text


SampleItem = float | Annotated[str, AfterValidator(_check_repeated)] | None
"""A sample; ``34 x 6`` for six equal samples; ``500 to 430 x 600`` for a straight line of 600; null
for a missing sample."""


class SampledSeries(FlightModel):
    """Samples at a rate other than 1 Hz.

    Attributes:
        rate_hz: A whole number, or one sample in a whole number of seconds (0.5, 0.25).
        values: The samples.
    """

    rate_hz: Annotated[float, Field(gt=0, le=64)]
    values: tuple[SampleItem, ...]

    @model_validator(mode="after")
    def _rate_fits_seconds(self) -> "SampledSeries":
        if not (self.rate_hz.is_integer() or (1 / self.rate_hz).is_integer()):
            raise ValueError(f"rate_hz {self.rate_hz} is neither whole nor one in whole seconds")
        return self


class ExpectedFinding(FlightModel):
    """An expected finding.

    Attributes:
        start_s: Second of its first sample.
        end_s: Second of its last sample.
        peak: Its most extreme value; any value when left out.
    """

    start_s: float
    end_s: float
    peak: float | None = None


class ExpectedNotApplicable(FlightModel):
    """Expects that the algorithm does not apply to the given samples.

    Attributes:
        outcome: Always ``not_applicable``.
    """

    outcome: Literal["not_applicable"]


class Example(FlightModel):
    """A worked example: documentation that tests and ``validate`` run.

    Attributes:
        describes: Description for people.
        given: Samples by parameter: a list at 1 Hz, a rate with its list, or one number for the
            whole time.
        phase: Phase of all samples; ``recorded`` classifies the phases from the samples. When left
            out, the first phase of the algorithm's ``during``.
        expect: Expected findings in time order, an empty list, or ``outcome: not_applicable``.
    """

    describes: str = ""
    given: Annotated[
        Mapping[str, float | tuple[SampleItem, ...] | SampledSeries], Field(min_length=1)
    ]
    phase: PhaseWord | Literal["recorded"] | None = None
    expect: tuple[ExpectedFinding, ...] | ExpectedNotApplicable


def to_flight(example: Example) -> Flight:
    """The flight that an example describes, as long as its longest parameter."""
    rows = {name: _to_rows(given) for name, given in example.given.items()}
    seconds = max(len(values) for values in rows.values())
    return Flight(
        second=np.arange(seconds, dtype=np.int32),
        values={
            name: _extend(values, seconds, repeat=isinstance(example.given[name], float))
            for name, values in rows.items()
        },
    )


def _to_rows(given: float | tuple[SampleItem, ...] | SampledSeries) -> Values:
    """Samples as float64 (seconds, samples per second)."""
    match given:
        case SampledSeries(rate_hz=rate, values=items) if rate < 1:
            values = np.array(list(_expand_items(items)))
            rows = np.full((len(values), round(1 / rate)), np.nan)
            rows[:, 0] = values
            return rows.reshape(-1, 1)
        case SampledSeries(rate_hz=rate, values=items):
            values = np.array(list(_expand_items(items)))
            lacking = -len(values) % int(rate)
            return np.append(values, np.full(lacking, np.nan)).reshape(-1, int(rate))
        case tuple():
            return np.array(list(_expand_items(given)))[:, None]
        case number:
            return np.array([[number]])


def _extend(values: Values, seconds: int, *, repeat: bool) -> Values:
    """The rows, extended to a number of seconds by repetition or by missing samples."""
    if repeat:
        return np.full((seconds, 1), values[0, 0])
    lacking = np.full((seconds - len(values), values.shape[1]), np.nan)
    return np.concatenate((values, lacking))


def _expand_items(items: tuple[SampleItem, ...]) -> Iterator[float]:
    for item in items:
        if isinstance(item, str):
            yield from _expand_repeated(item)
        else:
            yield np.nan if item is None else item


def _expand_repeated(text: str) -> list[float]:
    """Samples of a text such as ``34 x 6``."""
    repeated = _REPEATED.fullmatch(text)
    if repeated is None:
        raise ValueError(f"{text!r} is neither '34 x 6' nor '500 to 430 x 600'")
    first = float(repeated["first"])
    last = float(repeated["last"] or first)
    return [float(value) for value in np.linspace(first, last, int(repeated["times"]))]
