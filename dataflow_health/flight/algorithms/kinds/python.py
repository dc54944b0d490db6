"""Kind ``python``: a function written by the operator, for rules beyond a condition."""

import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, cast

from pydantic import field_validator, model_validator

from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.flight_phase import PhaseCodes
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.recording import Flight


class AlgorithmFunction(Protocol):
    """Signature of the function: pure, with the declared options as keyword arguments."""

    def __call__(self, flight: Flight, phases: PhaseCodes, **options: object) -> Iterable[Finding]:
        """Findings in time order.

        Args:
            flight: The recording, with the declared ``parameters`` and no other.
            phases: uint8 (n,), one ``flight_phase.Phase`` per second.
            **options: The declared options.
        """
        ...


class PythonAlgorithm(AlgorithmKind):
    """A Python function, imported when the YAML is read, so that a wrong name is an error at load.

    Attributes:
        entry: ``package.module:function``, called as ``function(flight, phases, **options)``.
        parameters: Parameters that the function needs; a recording without one is not applicable.
        options: Keyword arguments of the function.
        revision: Number to raise with every change of the function, so that the algorithm's
            version changes.
    """

    kind: Literal["python"]
    entry: str
    parameters: tuple[str, ...] = ()
    options: Mapping[str, object] = {}
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
    def parameter_names(self) -> frozenset[str]:
        """The declared parameters."""
        return frozenset(self.parameters)

    def find(self, grid: SampleGrid) -> list[Finding]:
        """The findings that the function returns.

        Raises:
            TypeError: The function returns anything but findings.
            Exception: Any exception that the function raises.
        """
        found = list(
            import_function(self.entry)(self._view(grid.flight), grid.phases, **self.options)
        )
        for item in found:
            if not isinstance(item, Finding):
                raise TypeError(f"returned {type(item).__name__}, expected Finding")
        return found

    def _view(self, flight: Flight) -> Flight:
        """The flight with the declared parameters only; which others it has depends on the run."""
        return Flight(
            second=flight.second,
            values={name: flight.values[name] for name in self.parameters},
            units={name: flight.units[name] for name in self.parameters if name in flight.units},
        )


def import_function(entry: str) -> AlgorithmFunction:
    """The function that an entry names.

    Raises:
        ValueError: The function does not exist or is not callable.
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
