"""Table of the algorithms that apply to a layout, and of what each of the others lacks."""

from collections.abc import Collection

import click
from rich.table import Table

from dataflow_health.cli import terminal
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.coverage import NOT_MAPPED, Coverage
from dataflow_health.flight.algorithms.layout_coverage import layout_coverage
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.mapping import ParameterMapping, select_mapping
from dataflow_health.flight.recorder import Arinc717Recorder


def coverage_of(
    catalogue: Catalogue, name: str, layout: Layout, suggested: Collection[str] = ()
) -> Coverage:
    """Coverage of a layout with the mapping that the catalogue has for it.

    Args:
        catalogue: Algorithms and mappings.
        name: Name of the layout.
        layout: The layout; the catalogue need not have it.
        suggested: Quantities that a suggested mapping adds.
    """
    mapping = _mapping_of(catalogue, name)
    mapped = {
        quantity
        for quantity, sources in (mapping.quantities if mapping else {}).items()
        if any(layout.parameters.keys() >= set(source.parameters) for source in sources)
    }
    return layout_coverage(catalogue.algorithms, {*layout.parameters, *mapped, *suggested})


def _mapping_of(catalogue: Catalogue, layout: str) -> ParameterMapping | None:
    """The mapping of a layout, else of the first recorder that uses the layout and has one."""
    recorders = [
        name
        for name, each in catalogue.recorders.items()
        if isinstance(each, Arinc717Recorder) and layout in {each.layout, *each.layouts.values()}
    ]
    found = (select_mapping(catalogue.mappings, name, layout) for name in ("", *recorders))
    return next((each for each in found if each), None)


def print_coverage(
    coverage: Coverage, name: str, *, is_table_shown: bool = True, is_mapping_offered: bool = True
) -> None:
    """Prints a table to standard output, and its sum to standard error.

    Args:
        coverage: Coverage of the layout.
        name: Name of the layout.
        is_table_shown: Whether to print the table.
        is_mapping_offered: Whether to print the command that suggests a mapping.
    """
    if is_table_shown and coverage.lacking:
        table = Table(box=None, padding=(0, 1))
        table.add_column("algorithm that does not apply", no_wrap=True)
        table.add_column("lacks")
        for algorithm, parameters in coverage.lacking.items():
            table.add_row(algorithm, ", ".join(parameters))
        terminal.console(highlight=False).print(table)
    click.echo(coverage.describe(f"layout {name}", NOT_MAPPED), err=True)
    if is_mapping_offered and coverage.missing:
        click.echo(f"dataflow-health layout map {name} --suggest suggests a mapping", err=True)
