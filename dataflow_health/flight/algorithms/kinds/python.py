"""Kind ``python``: a function of the operator's own, for what no condition can say."""

import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, cast

from pydantic import field_validator, model_validator

from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.flight_phase import PhaseCodes
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.recording import Flight


class AlgorithmFunction(Protocol):
    """What the function must be: pure, and with the declared options as keyword arguments."""

    def __call__(self, flight: Flight, phases: PhaseCodes, **options: object) -> Iterable[Finding]:
        """Findings in time order.

        Args:
            flight: The recording, with the parameters that ``parameters`` lists and no other.
            phases: uint8 (n,), one ``flight_phase.Phase`` a second.
            **options: As declared.
        """
        ...


class PythonAlgorithm(AlgorithmKind):
    """A function, imported when the YAML is read, so that a wrong name is an error at load.

    Attributes:
        entry: ``package.module:function``; see :class:`AlgorithmFunction`.
        parameters: What it needs; a recording that lacks one is not applicable.
        options: Keyword arguments.
        revision: Raise it with every change of the function, so that the algorithm's version
            changes.
    """

    kind: Literal["python"]
    entry: str
    parameters: tuple[str, ...] = ()
    options: Mapping[str, Any] = {}
    revision: int = 1

    @field_validator("entry")
    @classmethod
    def _can_be_imported(cls, entry: str) -> str:
        import_function(entry)
        return entry

    @model_validator(mode="after")
    def _options_fit(self) -> "PythonAlgorithm":
        try:
            inspect.signature(import_function(self.entry)).bind(None, None, **self.options)
        except TypeError as error:
            raise ValueError(f"{self.entry}(flight, phases, **options): {error}") from error
        return self

    @property
    def names(self) -> frozenset[str]:
        """The declared parameters."""
        return frozenset(self.parameters)

    def find(self, grid: SampleGrid) -> list[Finding]:
        """What the function answers.

        Raises:
            TypeError: It answers something else than findings.
            Exception: Whatever it raises.
        """
        found = list(
            import_function(self.entry)(self._view(grid.flight), grid.phases, **self.options)
        )
        for item in found:
            if not isinstance(item, Finding):
                raise TypeError(f"it answered {type(item).__name__}, a Finding was expected")
        return found

    def _view(self, flight: Flight) -> Flight:
        """The declared parameters only: others are there or not as other algorithms need them."""
        return Flight(
            second=flight.second,
            values={name: flight.values[name] for name in self.parameters},
            units={name: flight.units[name] for name in self.parameters if name in flight.units},
        )


def import_function(entry: str) -> AlgorithmFunction:
    """The function that an entry names.

    Raises:
        ValueError: There is none, or it cannot be called.
    """
    module_name, colon, function_name = entry.partition(":")
    if not (module_name and colon and function_name):
        raise ValueError(f"{entry!r} must be package.module:function")
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{entry!r} cannot be imported: {error}") from error
    if not callable(function):
        raise ValueError(f"{entry!r} is not a function")  # noqa: TRY004
    return cast(AlgorithmFunction, function)
