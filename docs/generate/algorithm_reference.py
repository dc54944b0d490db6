"""Generates the table of shipped algorithms in ``docs/algorithms.md`` from their YAML files."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.criteria import criteria, lasting_s
from docs.generate.markdown import code, replace_generated, table

HEADER = ("name", "describes", "looks for", "lasting", "during", "severity", "source")


def update(page: str, algorithms: Mapping[str, Algorithm]) -> str:
    """Replaces the table of algorithms in a page."""
    rows = (_row(name, algorithms[name]) for name in sorted(algorithms))
    return replace_generated(page, [f"## Shipped: {len(algorithms)}\n\n{table(HEADER, rows)}"])


def _row(name: str, algorithm: Algorithm) -> Sequence[str]:
    seconds = lasting_s(algorithm)
    return (
        code(name),
        algorithm.describes,
        "; ".join(_criteria(algorithm)),
        "-" if seconds is None else f"{seconds:g} s",
        ", ".join(algorithm.during) or "always",
        algorithm.severity,
        algorithm.source,
    )


def _criteria(algorithm: Algorithm) -> Iterator[str]:
    """Kind and settings of an algorithm, as in its YAML file."""
    yield algorithm.kind
    for key, value in criteria(algorithm):
        yield f"{key} {code(value)}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    text = update(path.read_text(encoding="utf-8"), load(BUILTIN_FOLDER).algorithms)
    path.write_text(text, encoding="utf-8")
