"""What Dagster shows of an algorithm: its declaration, and its own results in one run."""

from collections.abc import Mapping

import dagster as dg
import yaml

from dataflow_health.flight.algorithms.algorithm import Algorithm

_SHOWN_ELSEWHERE = {"describes", "source", "examples"}


def declaration(name: str, algorithm: Algorithm) -> Mapping[str, dg.MetadataValue]:
    """Condition and limit as the YAML file has them, severity, and where the findings are.

    Args:
        name: Name of the algorithm.
        algorithm: Declaration of the algorithm.
    """
    fields = algorithm.model_dump(mode="json", exclude=_SHOWN_ELSEWHERE, exclude_defaults=True)
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)
    return {
        "condition": dg.MetadataValue.md(f"```yaml\n{text}```"),
        "severity": dg.MetadataValue.text(algorithm.severity),
        "source_of_the_limit": dg.MetadataValue.text(algorithm.source),
        "findings_table": dg.MetadataValue.text(f"finding, where algorithm = '{name}'"),
    }


def results(counts: Mapping[str, int]) -> Mapping[str, dg.MetadataValue]:
    """Recordings by outcome and number of findings, which Dagster plots over days."""
    return {name: dg.MetadataValue.int(count) for name, count in counts.items()}
