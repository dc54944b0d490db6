"""Applies a mapping: quantities of the vocabulary stand beside a recorder's own series.

Counts stay as recorded. Only their conversion changes, so a quantity costs no digit and no pass
over the samples; sums and reassigned states are the exceptions. The recorder's own names stay, with
their own units, so that an algorithm may use either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from dataflow_health.flight.layout import Conversion, Linear, Polynomial, Table
from dataflow_health.flight.mapping import MappedSource, ParameterMapping
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.flight.units import KINDS, conversion, find_unit, is_convertible
from dataflow_health.flight.vocabulary import Term

_VOLUME_TO_MASS = {"volume": ("l", "kg"), "volume flow": ("l/h", "kg/h")}
"""Unit of a volume, and of its mass by a density in kg/l, by kind."""

MAX_IMPLAUSIBLE_SHARE = 0.01
"""Share of implausible values that is still accepted: single spikes."""

_RECORDED = "recorded_"
"""Begins the name of a parameter whose own name, but for case, a mapped quantity takes."""


@dataclass(frozen=True, slots=True)
class MappedRecording:
    """A recording with the quantities of the vocabulary.

    Attributes:
        recording: The recording; each quantity stands before the parameter it comes from.
        sources: Parameters that each mapped quantity comes from.
        notes: Sources that could not be used, and quantities with implausible values.
    """

    recording: DecodedRecording
    sources: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]


def apply_mapping(
    decoded: DecodedRecording, mapping: ParameterMapping, terms: Mapping[str, Term]
) -> MappedRecording:
    """Adds the quantities of the vocabulary to the parameters of a recording.

    Args:
        decoded: The recording.
        mapping: Sources of each quantity.
        terms: The vocabulary, by full name.
    """
    mapped: dict[str, Series] = {}
    sources: dict[str, tuple[str, ...]] = {}
    notes: list[str] = []
    for name, candidates in mapping.quantities.items():
        for source in candidates:
            given = [decoded.series.get(parameter) for parameter in source.parameters]
            present = [series for series in given if series is not None and _has_values(series)]
            if len(present) < len(given):
                continue
            try:
                mapped[name] = _to_quantity(present, source, terms[name])
            except ValueError as error:
                notes.append(f"{name} is not made from {', '.join(source.parameters)}: {error}")
                continue
            sources[name] = source.parameters
            notes += _range_notes(name, mapped[name])
            break
    series = dict(_merge(decoded.series, mapped, sources))
    return MappedRecording(replace(decoded, series=series), sources, tuple(notes))


def _merge(
    recorded: Mapping[str, Series],
    mapped: Mapping[str, Series],
    sources: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[str, Series]]:
    """All series in the recorder's order; a quantity stands before its first parameter.

    SQL does not distinguish names by case, so neither does this.
    """
    taken = {name.casefold() for name in mapped}
    for parameter, series in recorded.items():
        yield from ((name, mapped[name]) for name, used in sources.items() if used[0] == parameter)
        if parameter.casefold() not in taken:
            yield parameter, series
        elif sources.get(parameter) != (parameter,):
            yield f"{_RECORDED}{parameter}", series


def _has_values(series: Series) -> bool:
    return bool((series.counts != MISSING).any())


def _range_notes(name: str, series: Series) -> Iterator[str]:
    """A note when values are implausible, as after a wrong unit, sign or parameter."""
    low_high = series.parameter.valid_range
    if low_high is None:
        return
    values = to_values(series)
    known = values[np.isfinite(values)]
    if not known.size:
        return
    share = float(((known < low_high[0]) | (known > low_high[1])).mean())
    if share > MAX_IMPLAUSIBLE_SHARE:
        span = f"{known.min():g} to {known.max():g} {series.parameter.unit}".strip()
        plausible = f"{low_high[0]:g} to {low_high[1]:g}"
        yield f"{name}: {share:.0%} of its values, {span}, are outside {plausible}"


def _to_quantity(given: list[Series], source: MappedSource, term: Term) -> Series:
    """The series of a quantity.

    Raises:
        ValueError: A parameter is text, or its unit does not convert to the quantity's.
    """
    if any(series.parameter.is_text for series in given):
        raise ValueError("it is text")
    if source.states:
        return _reassign_states(given[0], source, term)
    factor = _factor(given[0], source, term)
    series = given[0] if len(given) == 1 else _add(given)
    return _declare(series, term, _compose(series.parameter.conversion, factor))


def _declare(series: Series, term: Term, converted: Conversion) -> Series:
    """The series with unit, states and range of a quantity."""
    changes = {
        "describes": term.describes,
        "unit": term.unit,
        "conversion": converted,
        "states": term.states,
        "valid_range": term.plausible_range,
    }
    return replace(series, parameter=series.parameter.model_copy(update=changes))


def _reassign_states(series: Series, source: MappedSource, term: Term) -> Series:
    values = to_values(series)
    counts = np.full(series.counts.shape, MISSING, np.int32)
    for recorded, ours in source.states.items():
        counts[values == recorded] = ours
    if not (counts != MISSING).any():
        known = ", ".join(str(each) for each in source.states)
        raise ValueError(f"it has none of the states {known}")
    return _declare(replace(series, counts=counts), term, Linear())


def _factor(series: Series, source: MappedSource, term: Term) -> Linear:
    """Recorded values to the quantity's unit: scale and offset, then the units."""
    own = Linear(scale=source.scale, offset=source.offset)
    if not term.unit:
        return own
    stated = series.parameter.unit if source.unit is None else source.unit
    unit = find_unit(stated)
    if not unit:
        problem = f"its unit {stated} is unknown" if stated else "it states no unit"
        raise ValueError(f"{problem}; give the source a unit")
    return _chain(own, _unit_factor(unit, term.unit, source.density_kg_l))


def _unit_factor(unit: str, target: str, density_kg_l: float | None) -> Linear:
    if is_convertible(unit, target) or KINDS[unit] not in _VOLUME_TO_MASS:
        return conversion(unit, target)
    if density_kg_l is None:
        raise ValueError(f"{unit} converts to {target} by density_kg_l only")
    volume, mass = _VOLUME_TO_MASS[KINDS[unit]]
    to_mass = _chain(conversion(unit, volume), Linear(scale=density_kg_l))
    return _chain(to_mass, conversion(mass, target))


def _chain(first: Linear, second: Linear) -> Linear:
    return Linear(
        scale=first.scale * second.scale, offset=first.offset * second.scale + second.offset
    )


def _compose(converted: Conversion, factor: Linear) -> Conversion:
    """A conversion followed by a factor, as one conversion of the same kind."""
    scale, offset = factor.scale, factor.offset
    if (scale, offset) == (1.0, 0.0):
        return converted
    if isinstance(converted, Linear):
        return _chain(converted, factor)
    if isinstance(converted, Polynomial):
        constant, *rest = converted.coefficients
        scaled = (constant * scale + offset, *(each * scale for each in rest))
        return Polynomial(kind="polynomial", coefficients=scaled)
    points = tuple((count, value * scale + offset) for count, value in converted.points)
    return Table(kind="table", points=points)


def _add(given: list[Series]) -> Series:
    """The sum of some series; its counts are indices into a table of the sums that occur.

    Raises:
        ValueError: They differ in unit or rate, or have no second in common.
    """
    first = given[0]
    if len({(series.parameter.unit, series.counts.shape[1]) for series in given}) > 1:
        raise ValueError("they differ in unit or rate")
    rows = first.rows
    for series in given[1:]:
        rows = np.intersect1d(rows, series.rows, assume_unique=True)
    total = np.sum([to_values(s)[np.searchsorted(s.rows, rows)] for s in given], axis=0)
    known = np.isfinite(total)
    if not known.any():
        raise ValueError("they have no second in common")
    distinct, index = np.unique(total[known], return_inverse=True)
    counts = np.full(total.shape, MISSING, np.int32)
    counts[known] = index
    points = [(float(count), float(value)) for count, value in enumerate(distinct)]
    points += [(1.0, points[0][1])] if len(points) == 1 else []
    table = Table(kind="table", points=tuple(points))
    parameter = first.parameter.model_copy(update={"conversion": table})
    return replace(first, parameter=parameter, rows=rows, counts=counts)
