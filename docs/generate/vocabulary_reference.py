"""Generates the tables of quantities in ``docs/vocabulary.md`` from the YAML files."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.vocabulary import Term, Vocabulary
from docs.generate.markdown import code, replace_generated, table

HEADER = ("name", "meaning", "unit", "plausible", "states", "also called")


def update(page: str, vocabulary: Mapping[str, Vocabulary]) -> str:
    """Replaces the tables of quantities in a page."""
    return replace_generated(page, _sections(vocabulary))


def _sections(vocabulary: Mapping[str, Vocabulary]) -> Iterator[str]:
    for name, part in sorted(vocabulary.items()):
        rows = table(HEADER, (_row(name, term) for name, term in part.terms.items()))
        yield f"## `vocabulary/{name}.yaml`\n\n{part.describes}\n\n{rows}"


def _row(name: str, term: Term) -> Sequence[str]:
    low_high = term.plausible_range
    numbers = f" ({{n}}: {', '.join(map(str, term.numbers))})" if term.numbers else ""
    return (
        code(name) + numbers,
        term.describes,
        term.unit,
        f"{low_high[0]:g} to {low_high[1]:g}" if low_high else "",
        ", ".join(f"{value} {text}" for value, text in term.states.items()),
        ", ".join(term.synonyms),
    )


if __name__ == "__main__":
    path = Path(sys.argv[1])
    text = update(path.read_text(encoding="utf-8"), load(BUILTIN_FOLDER).vocabulary)
    path.write_text(text, encoding="utf-8")
