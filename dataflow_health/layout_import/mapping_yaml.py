"""Writes a suggested mapping as YAML, with confidence and reasons as comments."""

import json
from collections.abc import Iterator, Mapping, Sequence

from dataflow_health.flight.mapping_suggestion import SuggestedSource


def to_yaml(layout: str, suggested: Mapping[str, Sequence[SuggestedSource]]) -> str:
    """The text of a file of ``config/mappings/``.

    Args:
        layout: Name of the layout to which it applies.
        suggested: Sources of each quantity, the most likely first; at least one.
    """
    lines = [
        f"describes: Suggested for layout {layout} by names, units and ranges. Check every line.",
        f"layouts: [{json.dumps(layout)}]",
        "quantities:",
    ]
    for quantity, sources in suggested.items():
        lines.append(f"  {quantity}:")
        for source in sources:
            lines += [f"    {line}" for line in _source_lines(source)]
    return "\n".join(lines) + "\n"


def _source_lines(suggested: SuggestedSource) -> Iterator[str]:
    reasons = "; ".join(suggested.reasons).replace("\n", " ")
    yield f"# {suggested.confidence:.2f}: {reasons}"
    states = ", ".join(
        f"{recorded}: {value}" for recorded, value in suggested.source.states.items()
    )
    reassigned = f", states: {{{states}}}" if states else ""
    unit = f", unit: {json.dumps(suggested.source.unit)}" if suggested.source.unit else ""
    yield f"- {{parameter: {json.dumps(suggested.source.parameter)}{unit}{reassigned}}}"
