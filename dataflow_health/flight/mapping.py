"""Mapping model: a recorder's parameters as quantities of the vocabulary (``config/mappings/*``).

:mod:`~dataflow_health.flight.parameter_mapping` applies it.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from dataflow_health.flight.layout import FlightModel
from dataflow_health.flight.units import UNITS, find_unit


class MappedSource(FlightModel):
    """One parameter of a recorder that can give a quantity.

    The value of the quantity is the recorded value times ``scale`` plus ``offset``, from the
    recorder's unit, by ``density_kg_l`` where a volume becomes a mass, to the vocabulary's unit.

    Attributes:
        parameter: Name of the parameter in the layout, or in the recorder's ``columns``.
        unit: Its unit. When not given, the one that the layout or the recording states.
        scale: Factor in the recorder's unit; -1 reverses the sign.
        offset: Added after the factor, in the recorder's unit.
        density_kg_l: Density of the fuel, for a volume that becomes a mass.
        states: Vocabulary's value of a discrete by the recorder's; other values become missing.
        plus: Parameters that are added to it: of the same unit and rate, in the same seconds.
    """

    parameter: Annotated[str, Field(min_length=1)]
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    density_kg_l: Annotated[float, Field(gt=0, le=2)] | None = None
    states: Mapping[int, int] = {}
    plus: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> "MappedSource":
        if self.unit is not None and find_unit(self.unit) is None:
            known = ", ".join(unit for unit in UNITS if unit)
            raise ValueError(f"unit {self.unit} is unknown; allowed: known: {known}")
        if self.scale == 0:
            raise ValueError("scale must not be 0")
        if self.states and (self.plus or self.density_kg_l):
            raise ValueError("states exclude plus and density_kg_l")
        return self

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters of the recorder that it needs."""
        return (self.parameter, *self.plus)


class ParameterMapping(FlightModel):
    """Quantities of the vocabulary, from the parameters of some recorders or layouts.

    Attributes:
        describes: Description for people.
        recorders: Recorders to which it applies, unless a mapping names the layout.
        layouts: Layouts to which it applies.
        quantities: Sources of each quantity, the preferred first, such as captain's before first
            officer's. The first that has a value in a recording is used.
    """

    describes: str = ""
    recorders: tuple[str, ...] = ()
    layouts: tuple[str, ...] = ()
    quantities: Mapping[str, Annotated[tuple[MappedSource, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _applies_to_something(self) -> "ParameterMapping":
        if not self.recorders and not self.layouts:
            raise ValueError("needs recorders or layouts to which it applies")
        return self


def select_mapping(
    mappings: Mapping[str, ParameterMapping], recorder: str, layout: str | None
) -> ParameterMapping | None:
    """The mapping of a recording: of its layout, else of its recorder, else None.

    Args:
        mappings: All mappings by name; none names a recorder or layout that another names.
        recorder: Name of the recording's recorder.
        layout: Name of its layout, None for recorders without.
    """
    for mapping in mappings.values():
        if layout in mapping.layouts:
            return mapping
    return next((m for m in mappings.values() if recorder in m.recorders), None)
