"""Worked examples inside an algorithm's YAML: a few samples given, and the findings expected."""

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
"""A sample; ``34 x 6`` for six of them; ``500 to 430 x 600`` for a straight line; null for none."""


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
    """One finding: its first and last sample, and its peak if that matters.

    Attributes:
        start_s: Second of its first sample.
        end_s: Second of its last sample.
        peak: Its most extreme value; left out, any will do.
    """

    start_s: float
    end_s: float
    peak: float | None = None


class ExpectedNotApplicable(FlightModel):
    """Expects that the algorithm does not apply to what is given.

    Attributes:
        outcome: Says so.
    """

    outcome: Literal["not_applicable"]


class Example(FlightModel):
    """A worked example: documentation that is run.

    Attributes:
        describes: What it shows.
        given: Samples by parameter: a list at 1 Hz, a rate with its list, or one number for all
            time.
        phase: The phase all of it is in; ``recorded`` decides it from what is given. Left out, it
            is the first phase that the algorithm looks at.
        expect: Findings in time order, none, or that the algorithm is not applicable.
    """

    describes: str = ""
    given: Annotated[
        Mapping[str, float | tuple[SampleItem, ...] | SampledSeries], Field(min_length=1)
    ]
    phase: PhaseWord | Literal["recorded"] | None = None
    expect: tuple[ExpectedFinding, ...] | ExpectedNotApplicable


def to_flight(example: Example) -> Flight:
    """The recording that an example describes, as long as its longest parameter."""
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
    """Samples as (seconds, samples a second)."""
    match given:
        case SampledSeries(rate_hz=rate, values=items) if rate < 1:
            values = np.array(list(_expand_items(items)))
            apart = round(1 / rate)
            return np.insert(np.full((len(values), apart - 1), np.nan), 0, values, axis=1).reshape(
                -1, 1
            )
        case SampledSeries(rate_hz=rate, values=items):
            values = np.array(list(_expand_items(items)))
            lacking = -len(values) % int(rate)
            return np.append(values, np.full(lacking, np.nan)).reshape(-1, int(rate))
        case tuple():
            return np.array(list(_expand_items(given)))[:, None]
        case number:
            return np.array([[number]])


def _extend(values: Values, seconds: int, *, repeat: bool) -> Values:
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
    run = _REPEATED.fullmatch(text)
    if run is None:
        raise ValueError(f"{text!r} is neither '34 x 6' nor '500 to 430 x 600'")
    first = float(run["first"])
    last = float(run["last"] or first)
    return [float(value) for value in np.linspace(first, last, int(run["times"]))]
