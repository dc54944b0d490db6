"""``dataflow-health layout map``: quantities that a layout gives, and a suggested mapping."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.coverage_table import coverage_of, print_coverage
from dataflow_health.cli.options import (
    into_option,
    json_option,
    option_with_default,
    report_errors,
    write_new,
)
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.config.validation_errors import suggest
from dataflow_health.flight.algorithms.coverage import Coverage
from dataflow_health.flight.mapping_suggestion import SuggestedSource, suggest_sources
from dataflow_health.layout_import.mapping_yaml import to_yaml

Suggested = Mapping[str, Sequence[SuggestedSource]]


@click.command("map")
@click.argument("layout")
@click.option("--suggest", "is_suggesting", is_flag=True, help="Suggest a mapping.")
@option_with_default(
    "--min-confidence", click.FloatRange(0, 1), 0.5, "Leave out suggestions below."
)
@into_option("mappings/LAYOUT.yaml to; an existing file is kept. Without it, prints the YAML.")
@json_option
@report_errors
def map_command(
    layout: str, *, is_suggesting: bool, min_confidence: float, into: Path | None, as_json: bool
) -> None:
    """Show which algorithms can apply to LAYOUT, and suggest a mapping to the vocabulary.

    Suggestions come from names, descriptions, units, states and ranges, each with its confidence
    and reasons. Check every line: a recorder's N1 may be the fan of an aeroplane.
    """
    catalogue = load(BUILTIN_FOLDER, *settings.load().config_folders)
    if layout not in catalogue.layouts:
        raise click.UsageError(f"unknown layout {layout}; {suggest(layout, catalogue.layouts)}")
    suggested: Suggested = {}
    if is_suggesting:
        parameters = catalogue.layouts[layout].parameters
        suggested = suggest_sources(parameters, catalogue.terms, min_confidence=min_confidence)
    coverage = coverage_of(catalogue, layout, catalogue.layouts[layout], suggested)
    if into is not None and suggested:
        path = into / "mappings" / f"{layout}.yaml"
        write_new(path, to_yaml(layout, suggested))
        click.echo(f"{path} written", err=as_json)
    if as_json:
        click.echo(json.dumps(_to_json(suggested, coverage), indent=2))
    elif suggested and into is None:
        click.echo(to_yaml(layout, suggested), nl=False)
    is_table_shown = not as_json and (into is not None or not suggested)
    print_coverage(
        coverage, layout, is_table_shown=is_table_shown, is_mapping_offered=not is_suggesting
    )


def _to_json(suggested: Suggested, coverage: Coverage) -> dict[str, object]:
    quantities = {
        name: [
            {
                **each.source.model_dump(mode="json", exclude_defaults=True),
                "confidence": each.confidence,
                "reasons": each.reasons,
            }
            for each in sources
        ]
        for name, sources in suggested.items()
    }
    return {
        "quantities": quantities,
        "algorithms": coverage.algorithms,
        "applicable": coverage.applicable,
        "lacking": coverage.lacking,
    }
