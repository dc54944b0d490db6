"""What is wrong between files: names that mean nothing, arrows in a circle; and bad patterns.

A file that is itself broken still lends its name and its parameters, so one mistake is told once.
"""

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dataflow_health.config.validation_errors import nearest
from dataflow_health.config.yaml_document import Document, Path
from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.recorder import Arinc717Recorder, Recorder
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import AcceptanceRate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process

Documents = Mapping[str, Document]
"""Every file that stands, by ``folder/name``."""

GROUPS = ("tail", "started_at", "layout")
"""Named groups that a recorder's patterns may have."""

PROSE = {"describes", "source", "examples"}
"""Keys of an algorithm that may speak of anything."""

SOME_INSTANT = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)


def faults(
    declared: Mapping[str, Mapping[str, Any]], documents: Documents
) -> Iterator[ConfigIssue]:
    """All faults between files.

    Args:
        declared: Models by folder and name; files that are broken are not among them.
        documents: All files, broken ones too.
    """
    yield from _arrow_faults(declared["processes"], documents)
    known = known_parameters(documents)
    for name, algorithm in declared["algorithms"].items():
        yield from _parameter_faults(algorithm, documents[f"algorithms/{name}"], known)
    for name, recorder in declared["recorders"].items():
        yield from _recorder_faults(recorder, documents[f"recorders/{name}"], documents)
    for name, rule in declared["alerts"].items():
        yield from _rule_faults(rule, documents[f"alerts/{name}"], documents)
    for name, objective in declared["slos"].items():
        if isinstance(objective, AcceptanceRate):
            yield from _stage_faults(objective, documents[f"slos/{name}"], documents)


def known_parameters(documents: Documents) -> frozenset[str]:
    """Every parameter that a layout declares or a delimited recorder names a column for."""
    found: set[object] = set()
    for key, document in documents.items():
        if key.startswith("layouts/"):
            found.update(_mapping(document.at(("parameters",))))
        if key.startswith("recorders/"):
            found.update(_mapping(document.at(("columns",))).values())
    return frozenset(name for name in found if isinstance(name, str))


def _names(documents: Documents, folder: str) -> list[str]:
    return [key.partition("/")[2] for key in documents if key.startswith(f"{folder}/")]


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _arrow_faults(processes: Mapping[str, Process], documents: Documents) -> Iterator[ConfigIssue]:
    standing = dict.fromkeys(_names(documents, "processes"), Process(describes="Broken."))
    try:
        Pipeline.of(standing | dict(processes))
    except ConfigError as error:
        for fault in error.issues:
            document = documents[fault.file.removesuffix(".yaml")]
            path = _entry_named(document, (fault.key,), fault.problem)
            yield document.fault(path, fault.problem, fault.allowed)


def _entry_named(document: Document, path: Path, problem: str) -> Path:
    """The first entry of the list at a path that a problem speaks of, or the list."""
    words = set(re.findall(r"\w+", problem))
    items = document.at(path)
    for position, item in enumerate(items if isinstance(items, list) else ()):
        if item in words:
            return (*path, position)
    return path


def _parameter_faults(
    algorithm: Algorithm, document: Document, known: frozenset[str]
) -> Iterator[ConfigIssue]:
    if not known:
        return
    for name in sorted(algorithm.names - known):
        yield document.fault(
            _place_of_word(document, name), f"unknown parameter {name}", nearest(name, known)
        )


def _place_of_word(document: Document, word: str) -> Path:
    """The first place of an algorithm's file, prose aside, whose text holds a word."""
    whole = re.compile(rf"\b{re.escape(word)}\b")
    for path in document.lines:
        text = document.at(path)
        if path and path[0] not in PROSE and isinstance(text, str) and whole.search(text):
            return path
    return ()


def _recorder_faults(
    recorder: Recorder, document: Document, documents: Documents
) -> Iterator[ConfigIssue]:
    for key in ("members", "archives"):
        yield from _pattern_faults(document, key, getattr(recorder, key))
    yield from _format_faults(recorder.started_at_format, document)
    if isinstance(recorder, Arinc717Recorder):
        yield from _layout_faults(recorder, document, _names(documents, "layouts"))


def _layout_faults(
    recorder: Arinc717Recorder, document: Document, layouts: Collection[str]
) -> Iterator[ConfigIssue]:
    named: dict[Path, str | None] = {("layout",): recorder.layout}
    named |= {("layouts", tail): layout for tail, layout in recorder.layouts.items()}
    for path, layout in named.items():
        if layout and layout not in layouts:
            yield document.fault(path, f"unknown layout {layout}", nearest(layout, layouts))


def _rule_faults(
    rule: AlertRule, document: Document, documents: Documents
) -> Iterator[ConfigIssue]:
    """A pattern that no process has is a typing mistake, and would be silence."""
    known = _names(documents, "processes")
    for position, pattern in enumerate(rule.processes):
        if not fnmatch.filter(known, pattern):
            problem = f"no process is called {pattern}"
            yield document.fault(("processes", position), problem, nearest(pattern, known))


def _stage_faults(
    objective: AcceptanceRate, document: Document, documents: Documents
) -> Iterator[ConfigIssue]:
    known = _names(documents, "processes")
    if objective.stage not in known:
        problem = f"unknown stage {objective.stage}"
        yield document.fault(("stage",), problem, nearest(objective.stage, known))


def _pattern_faults(document: Document, key: str, patterns: Iterable[str]) -> Iterator[ConfigIssue]:
    for position, pattern in enumerate(patterns):
        path = (key, position)
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            yield document.fault(path, f"not a regular expression: {error}", "see docs/yaml.md")
            continue
        for group in set(groups) - set(GROUPS):
            yield document.fault(path, f"unknown group {group}", nearest(group, GROUPS))


def _format_faults(written: str, document: Document) -> Iterator[ConfigIssue]:
    try:
        datetime.strptime(SOME_INSTANT.strftime(written), written)  # noqa: DTZ007
    except ValueError as error:
        yield document.fault(("started_at_format",), f"not a time format: {error}", "%Y%m%dT%H%M%S")
