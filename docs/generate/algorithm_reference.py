"""Generates the table of shipped algorithms in ``docs/algorithms.md`` from their YAML files."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.algorithms.algorithm import Algorithm
from docs.generate.markdown import code, replace_generated, table

HEADER = ("name", "describes", "looks for", "lasting", "during", "severity", "source")

_OTHER_COLUMNS = {
    "kind", "describes", "source", "severity", "during", "lasting", "examples",
}  # fmt: skip
"""Keys that have their own column or none."""


def update(page: str, algorithms: Mapping[str, Algorithm]) -> str:
    """Replaces the table of algorithms in a page."""
    rows = (_row(name, algorithms[name]) for name in sorted(algorithms))
    return replace_generated(page, [f"## Shipped: {len(algorithms)}\n\n{table(HEADER, rows)}"])


def _row(name: str, algorithm: Algorithm) -> Sequence[str]:
    lasting = getattr(algorithm, "lasting", None)
    return (
        code(name),
        algorithm.describes,
        "; ".join(_criteria(algorithm)),
        f"{lasting.total_seconds():g} s" if lasting else "-",
        ", ".join(algorithm.during) or "always",
        algorithm.severity,
        algorithm.source,
    )


def _criteria(algorithm: Algorithm) -> Iterator[str]:
    """Kind and settings of an algorithm, as in its YAML file."""
    yield algorithm.kind
    settings = algorithm.model_dump(mode="json", exclude=_OTHER_COLUMNS, exclude_defaults=True)
    for key, value in settings.items():
        yield f"{key} {code(_text(value))}"


def _text(value: object) -> str:
    match value:
        case Mapping():
            parts = [f"{key} {_text(part)}" for key, part in value.items() if part is not None]
            return ", ".join(parts)
        case list() | tuple():
            return ", ".join(map(_text, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    text = update(path.read_text(encoding="utf-8"), load(BUILTIN_FOLDER).algorithms)
    path.write_text(text, encoding="utf-8")
