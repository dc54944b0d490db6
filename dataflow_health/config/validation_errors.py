"""What is wrong in one file: pydantic's errors as faults with lines.

Not here: mistakes that only show between files, which ``references`` finds.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dataflow_health.config import yaml_schema
from dataflow_health.config.yaml_document import Document, Path
from dataflow_health.errors import ConfigIssue

NAMED = re.compile(r"(?P<thing>[a-z]+) (?P<name>\w+): (?P<problem>.*)", re.DOTALL)
"""A validator of a whole mapping starts with the entry it means: ``parameter x: ...``."""

Told = tuple[Path, str, str]
"""Path, problem and what is allowed."""

MOST_SHOWN = 24


def from_validation(
    document: Document, schema: yaml_schema.Schema, error: ValidationError
) -> Iterator[ConfigIssue]:
    """All faults of one file.

    Args:
        document: The file.
        schema: JSON Schema of its kind, from :func:`dataflow_health.config.yaml_schema.schema`.
        error: What pydantic says of ``document.data``.

    Yields:
        One fault for each mistake.
    """
    told = (
        one for detail in error.errors(include_url=False) for one in _told(document, schema, detail)
    )
    for path, problem, allowed in dict.fromkeys(told):
        yield document.fault(path, problem, allowed)


def nearest(name: str, known: Iterable[str]) -> str:
    """What would be right instead of a name: the nearest known one first, then the others.

    Args:
        name: What was written.
        known: Every name that would have been right.

    Returns:
        A phrase; at most :data:`MOST_SHOWN` names are listed.
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    guess = f"did you mean {near[0]}? " if near else ""
    rest = len(names) - MOST_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return f"{guess}known: {', '.join(names[:MOST_SHOWN])}{more}" if names else "none is known"


def shown(value: object) -> str:
    """A value as the file's writer would name it, at most 60 characters."""
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bool():
            return str(value).lower()
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _told(document: Document, schema: yaml_schema.Schema, detail: ErrorDetails) -> Iterator[Told]:
    place = yaml_schema.place(schema, document.data, detail["loc"])
    if detail["type"] == "value_error":
        problems, _, allowed = str(detail["ctx"]["error"]).partition("; allowed: ")
        for problem in problems.split("; "):
            yield *_entry_meant(document, place.path, problem), allowed
    else:
        yield TOLD.get(detail["type"], _wrong_value)(place, detail)


def _entry_meant(document: Document, path: Path, said: str) -> tuple[Path, str]:
    """Moves what a validator says of a whole mapping to the key it speaks of."""
    if named := NAMED.fullmatch(said):
        entries = document.at((*path, f"{named['thing']}s"))
        key = _key_of(entries, named["name"])
        if key is not None:
            return (*path, f"{named['thing']}s", key), named["problem"]
    first_word = (*path, said.partition(" ")[0])
    return (first_word if first_word in document.lines else path), said


def _key_of(entries: object, name: str) -> str | int | None:
    """Key of an entry by its name; in a list the last so named, since the first was no mistake."""
    if isinstance(entries, Mapping):
        return name if name in entries else None
    items = enumerate(entries) if isinstance(entries, list) else ()
    named = (i for i, item in items if isinstance(item, Mapping) and _name_of(item) == name)
    return max(named, default=None)


def _name_of(item: Mapping[str, object]) -> object:
    return item.get("name", item.get("kind"))


def _unknown_key(place: yaml_schema.Place, detail: ErrorDetails) -> Told:
    key = str(detail["loc"][-1])
    return place.path, f"unknown key {key}", nearest(key, yaml_schema.keys(place.parent))


def _missing(place: yaml_schema.Place, detail: ErrorDetails) -> Told:
    key = detail["loc"][-1]
    what = f"entry {key + 1}" if isinstance(key, int) else f"the key {key}"
    return place.path, f"{what} is missing", place.allowed


def _unknown_kind(place: yaml_schema.Place, detail: ErrorDetails) -> Told:
    known = yaml_schema.kinds(place.schema)
    key, tag = detail["ctx"]["discriminator"].strip("'"), detail["ctx"].get("tag")
    if tag is None:
        return place.path, f"the key {key} is missing", f"one of {', '.join(known)}"
    return (*place.path, key), f"unknown {key} {tag}", nearest(str(tag), known)


def _wrong_length(place: yaml_schema.Place, detail: ErrorDetails) -> Told:
    few = "few" if detail["type"] == "too_short" else "many"
    return place.path, f"too {few} entries, {len(detail['input'])}", place.allowed


def _wrong_value(place: yaml_schema.Place, detail: ErrorDetails) -> Told:
    problem = f"{shown(detail['input'])} is not allowed here"
    return place.path, problem, place.allowed or detail["msg"]


TOLD: Mapping[str, Callable[[yaml_schema.Place, ErrorDetails], Told]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "union_tag_invalid": _unknown_kind,
    "union_tag_not_found": _unknown_kind,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
}
"""How an error is told, by pydantic's type of it; all others are a wrong value."""
