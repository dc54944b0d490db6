"""Arrows of the lineage between what the YAML files declare.

Columns of an algorithm come from its parsed conditions, and those of the phases of flight from the
rules that classify them, so both are exact.
"""

from collections.abc import Iterator

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.algorithm import needs_phases
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.flight.mapping import ParameterMapping, select_mapping
from dataflow_health.flight.recorder import CsvRecorder, LayoutRecorder
from dataflow_health.health.lineage import Arrow

PHASES = "phases:flight"
"""Node of the phases of flight."""


def version_node(algorithm: str, version: str) -> str:
    """Node of one version of an algorithm."""
    return f"version:{algorithm}/{version}"


def declared_arrows(catalogue: Catalogue) -> Iterator[Arrow]:
    """Recorders, layouts, mappings, parameters, columns, phases, algorithms, versions, findings."""
    yield from _recorders(catalogue)
    yield from _layouts(catalogue)
    yield from _algorithms(catalogue)


def _recorders(catalogue: Catalogue) -> Iterator[Arrow]:
    for name, recorder in catalogue.recorders.items():
        node = f"recorder:{name}"
        if isinstance(recorder, LayoutRecorder):
            for layout in filter(None, {recorder.layout, *recorder.layouts.values()}):
                yield node, f"layout:{layout}"
        if isinstance(recorder, CsvRecorder):
            for column in recorder.columns.values():
                yield from _parameter(node, name, column)
            mapping = select_mapping(catalogue.mappings, name, None)
            yield from _mapped(catalogue, mapping, name)


def _layouts(catalogue: Catalogue) -> Iterator[Arrow]:
    for name, layout in catalogue.layouts.items():
        for parameter in layout.parameters:
            yield from _parameter(f"layout:{name}", name, parameter)
        owners = [
            each for each, recorder in catalogue.recorders.items()
            if isinstance(recorder, LayoutRecorder)
            and name in (recorder.layout, *recorder.layouts.values())
        ]  # fmt: skip
        for owner in owners or [""]:
            mapping = select_mapping(catalogue.mappings, owner, name)
            yield from _mapped(catalogue, mapping, name)


def _parameter(owner: str, of: str, parameter: str) -> Iterator[Arrow]:
    yield owner, f"parameter:{of}/{parameter}"
    yield f"parameter:{of}/{parameter}", f"column:{parameter}"


def _mapped(catalogue: Catalogue, mapping: ParameterMapping | None, of: str) -> Iterator[Arrow]:
    """Quantities that a mapping makes from the parameters of a layout or recorder."""
    names = {id(each): name for name, each in catalogue.mappings.items()}
    for quantity, sources in mapping.quantities.items() if mapping else ():
        for parameter in (each for source in sources for each in source.parameters):
            yield f"parameter:{of}/{parameter}", f"column:{quantity}"
        yield f"mapping:{names[id(mapping)]}", f"column:{quantity}"


def _algorithms(catalogue: Catalogue) -> Iterator[Arrow]:
    for column in PHASE_PARAMETERS:
        yield f"column:{column}", PHASES
    for name, algorithm in catalogue.algorithms.items():
        for column in algorithm.parameter_names:
            yield f"column:{column}", f"algorithm:{name}"
        if needs_phases(algorithm):
            yield PHASES, f"algorithm:{name}"
        version = version_node(name, algorithm.version)
        yield f"algorithm:{name}", version
        yield version, f"findings:{name}"
