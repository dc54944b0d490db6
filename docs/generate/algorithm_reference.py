"""The table of all shipped algorithms, as Markdown from their YAML; run as a module, it writes it.

The prose above :data:`MARK` in ``docs/algorithms.md`` is written by hand; all below is from here.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.algorithms.algorithm import Algorithm

MARK = "<!-- Below this line all is written by `just docs`, from the YAML files. -->\n"

COLUMNS = ("name", "describes", "looks for", "lasting", "during", "severity", "source")

_NOT_MEANING = {
    "kind", "describes", "source", "severity", "during", "lasting", "examples",
}  # fmt: skip
"""Keys that have a column of their own, or none."""


def with_table(text: str, algorithms: Mapping[str, Algorithm]) -> str:
    """A page with the table below its mark written anew."""
    rows = (_cells(name, algorithms[name]) for name in sorted(algorithms))
    lines = "\n".join(map(_line, [COLUMNS, ["---"] * len(COLUMNS), *rows]))
    return f"{text.partition(MARK)[0]}{MARK}\n## Shipped: {len(algorithms)}\n\n{lines}\n"


def _cells(name: str, algorithm: Algorithm) -> Sequence[str]:
    lasting = getattr(algorithm, "lasting", None)
    return (
        f"`{name}`",
        algorithm.describes,
        "; ".join(_meaning(algorithm)),
        f"{lasting.total_seconds():g} s" if lasting else "-",
        ", ".join(algorithm.during) or "always",
        algorithm.severity,
        algorithm.source,
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _meaning(algorithm: Algorithm) -> Iterator[str]:
    """What it looks for, in the words of its YAML."""
    yield algorithm.kind
    given = algorithm.model_dump(mode="json", exclude=_NOT_MEANING, exclude_defaults=True)
    for key, value in given.items():
        yield f"{key} `{_text(value)}`"


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


def main(path: Path) -> None:
    """Writes the table of a page anew."""
    table = with_table(path.read_text(encoding="utf-8"), load(BUILTIN_FOLDER).algorithms)
    path.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
