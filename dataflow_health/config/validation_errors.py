"""Converts Pydantic validation errors of one file to issues with line numbers.

Mistakes that show only between files are found by ``cross_references``.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dataflow_health.config import yaml_schema
from dataflow_health.config.yaml_document import KeyPath, YamlDocument
from dataflow_health.config.yaml_schema import SchemaLocation
from dataflow_health.errors import ConfigIssue

ENTRY_PREFIX = re.compile(r"(?P<list>[a-z]+) (?P<name>[\w{}]+): (?P<problem>.*)", re.DOTALL)
"""Validators of a whole mapping start with the entry they refer to: ``parameter x: ...``."""

Issue = tuple[KeyPath, str, str]
"""Path, problem and valid values."""

MAX_SUGGESTIONS = 24


def find_issues(
    document: YamlDocument, schema: yaml_schema.Schema, error: ValidationError
) -> Iterator[ConfigIssue]:
    """Converts the validation error of one file.

    Args:
        document: The file.
        schema: JSON Schema of its kind, from :func:`dataflow_health.config.yaml_schema.schema`.
        error: Pydantic's validation error for ``document.data``.

    Yields:
        One issue for each mistake.
    """
    issues = (
        issue
        for detail in error.errors(include_url=False)
        for issue in _issues(document, schema, detail)
    )
    for path, problem, allowed in dict.fromkeys(issues):
        yield document.issue(path, problem, allowed)


def suggest(name: str, known: Iterable[str]) -> str:
    """Suggests valid names for an unknown one, the most similar first.

    Args:
        name: The unknown name.
        known: All valid names.

    Returns:
        A phrase that lists at most :data:`MAX_SUGGESTIONS` names.
    """
    names = sorted(known)
    similar = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    guess = f"did you mean {similar[0]}? " if similar else ""
    rest = len(names) - MAX_SUGGESTIONS
    more = f" and {rest} more" if rest > 0 else ""
    return f"{guess}known: {', '.join(names[:MAX_SUGGESTIONS])}{more}" if names else "none exist"


def describe_value(value: object) -> str:
    """Formats an invalid value for a message, at most 60 characters."""
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


def _issues(
    document: YamlDocument, schema: yaml_schema.Schema, detail: ErrorDetails
) -> Iterator[Issue]:
    location = yaml_schema.locate(schema, document.data, detail["loc"])
    if detail["type"] == "value_error":
        problems, _, allowed = str(detail["ctx"]["error"]).partition("; allowed: ")
        for problem in problems.split("; "):
            yield *_entry_referred_to(document, location.path, problem), allowed
    else:
        yield CONVERTERS.get(detail["type"], _invalid_value)(location, detail)


def _entry_referred_to(document: YamlDocument, path: KeyPath, problem: str) -> tuple[KeyPath, str]:
    """Path and problem of the entry that a whole mapping's validator refers to in its message."""
    if match := ENTRY_PREFIX.fullmatch(problem):
        entries = f"{match['list']}s"
        key = _key_of(document.value((*path, entries)), match["name"])
        if key is not None:
            return (*path, entries, key), match["problem"]
    first_word = (*path, problem.partition(" ")[0])
    return (first_word if first_word in document.lines else path), problem


def _key_of(entries: object, name: str) -> str | int | None:
    """Key of an entry by its name; in a list the last of that name, as the first is valid."""
    if isinstance(entries, Mapping):
        return name if name in entries else None
    items = enumerate(entries) if isinstance(entries, list) else ()
    matches = (i for i, item in items if isinstance(item, Mapping) and _name_of(item) == name)
    return max(matches, default=None)


def _name_of(item: Mapping[str, object]) -> object:
    return item.get("name", item.get("kind"))


def _unknown_key(location: SchemaLocation, detail: ErrorDetails) -> Issue:
    key = str(detail["loc"][-1])
    known = yaml_schema.property_names(location.parent)
    return location.path, f"unknown key {key}", suggest(key, known)


def _missing(location: SchemaLocation, detail: ErrorDetails) -> Issue:
    key = detail["loc"][-1]
    name = f"entry {key + 1}" if isinstance(key, int) else f"key {key}"
    return location.path, f"missing {name}", location.allowed


def _unknown_kind(location: SchemaLocation, detail: ErrorDetails) -> Issue:
    known = yaml_schema.kinds(location.schema)
    key, tag = detail["ctx"]["discriminator"].strip("'"), detail["ctx"].get("tag")
    if tag is None:
        return location.path, f"missing key {key}", f"one of {', '.join(known)}"
    return (*location.path, key), f"unknown {key} {tag}", suggest(str(tag), known)


def _wrong_length(location: SchemaLocation, detail: ErrorDetails) -> Issue:
    few = "few" if detail["type"] == "too_short" else "many"
    return location.path, f"too {few} entries: {len(detail['input'])}", location.allowed


def _invalid_value(location: SchemaLocation, detail: ErrorDetails) -> Issue:
    problem = f"invalid value: {describe_value(detail['input'])}"
    return location.path, problem, location.allowed or detail["msg"]


CONVERTERS: Mapping[str, Callable[[SchemaLocation, ErrorDetails], Issue]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "union_tag_invalid": _unknown_kind,
    "union_tag_not_found": _unknown_kind,
    "too_short": _wrong_length,
    "too_long": _wrong_length,
}
"""Converter by Pydantic's error type; every other type is an invalid value."""
