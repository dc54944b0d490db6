"""Mistakes that show between files: unknown names, cycles in the process graph, invalid patterns.

The names and parameters of an invalid file still count as known, so one mistake is reported once.
"""

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dataflow_health.config import vocabulary_references
from dataflow_health.config.mapping_references import mapping_issues
from dataflow_health.config.validation_errors import suggest
from dataflow_health.config.yaml_document import KeyPath, YamlDocument
from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.recorder import LayoutRecorder, Recorder
from dataflow_health.flight.vocabulary import merge_terms
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import AcceptanceRate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process
from dataflow_health.health.saved_view import SavedView
from dataflow_health.health.stage_check_names import STAGE_CHECK_NAMES, unknown_checks

Documents = Mapping[str, YamlDocument]
"""All YAML files by ``folder/name``."""

PATTERN_GROUPS = ("tail", "started_at", "layout")
"""Named groups that a recorder's patterns may use."""

PROSE_KEYS = {"describes", "source", "examples"}
"""Keys of an algorithm that may mention any name."""

SAMPLE_TIME = datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC)
"""A time that is formatted and parsed again to test a time format."""


def find_issues(
    models: Mapping[str, Mapping[str, Any]], documents: Documents
) -> Iterator[ConfigIssue]:
    """Finds all mistakes between files.

    Args:
        models: Validated models by folder and name; invalid files are missing.
        documents: All files, including invalid ones.
    """
    yield from _graph_issues(models["processes"], documents)
    for name, process in models["processes"].items():
        yield from _asset_check_issues(name, process, documents[f"processes/{name}"])
    known = known_parameters(documents)
    for name, algorithm in models["algorithms"].items():
        yield from _parameter_issues(algorithm, documents[f"algorithms/{name}"], known)
    for name, recorder in models["recorders"].items():
        yield from _recorder_issues(recorder, documents[f"recorders/{name}"], documents)
    for name, rule in models["alerts"].items():
        yield from _alert_rule_issues(rule, documents[f"alerts/{name}"], documents)
    for name, objective in models["slos"].items():
        if isinstance(objective, AcceptanceRate):
            yield from _stage_issues(objective, documents[f"slos/{name}"], documents)
    for name, live in models["live_algorithms"].items():
        if live.during:
            problem = "live signals have no phases of flight"
            yield documents[f"live_algorithms/{name}"].issue(("during",), problem, "leave it out")
    for name, view in models["views"].items():
        yield from view_issues(view, documents[f"views/{name}"], _names(documents, "processes"))
    yield from vocabulary_references.repeated_term_issues(models["vocabulary"], documents)
    terms = merge_terms(models["vocabulary"])
    yield from mapping_issues(models["mappings"], terms, models["layouts"], documents)


def known_parameters(documents: Documents) -> frozenset[str]:
    """Quantities of the vocabulary, and parameters of any layout or delimited recorder."""
    found: set[object] = set()
    for key, document in documents.items():
        if key.startswith("vocabulary/"):
            found.update(vocabulary_references.term_names(document))
        if key.startswith("layouts/"):
            found.update(_mapping(document.value(("parameters",))))
        if key.startswith("recorders/"):
            found.update(_mapping(document.value(("columns",))).values())
    return frozenset(name for name in found if isinstance(name, str))


def _names(documents: Documents, folder: str) -> list[str]:
    return [key.partition("/")[2] for key in documents if key.startswith(f"{folder}/")]


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}


def _graph_issues(processes: Mapping[str, Process], documents: Documents) -> Iterator[ConfigIssue]:
    placeholders = dict.fromkeys(_names(documents, "processes"), Process(describes="Invalid."))
    try:
        Pipeline.of(placeholders | dict(processes))
    except ConfigError as error:
        for issue in error.issues:
            document = documents[issue.file.removesuffix(".yaml")]
            path = _item_named_in(document, (issue.key,), issue.problem)
            yield document.issue(path, issue.problem, issue.allowed)


def _item_named_in(document: YamlDocument, path: KeyPath, problem: str) -> KeyPath:
    """Path of the first list item that a problem's text mentions, or of the whole list."""
    words = set(re.findall(r"\w+", problem))
    items = document.value(path)
    for position, item in enumerate(items if isinstance(items, list) else ()):
        if item in words:
            return (*path, position)
    return path


def _asset_check_issues(
    name: str, process: Process, document: YamlDocument
) -> Iterator[ConfigIssue]:
    """A check that no run evaluates would leave its process UNKNOWN for ever."""
    known = STAGE_CHECK_NAMES.get(name)
    for position in unknown_checks(name, process):
        check = process.checks[position].name
        path = ("checks", position, "name")
        if known:
            problem = f"stage {name} has no check {check}"
            yield document.issue(path, problem, suggest(check, known))
        else:
            problem = f"{name} is no stage, so no run evaluates {check}"
            yield document.issue(path, problem, "use a live check instead of an asset_check")


def _parameter_issues(
    algorithm: Algorithm, document: YamlDocument, known: frozenset[str]
) -> Iterator[ConfigIssue]:
    if not known:
        return
    for name in sorted(algorithm.parameter_names - known):
        path = _path_of_word(document, name)
        yield document.issue(path, f"unknown parameter {name}", suggest(name, known))


def _path_of_word(document: YamlDocument, word: str) -> KeyPath:
    """First path outside :data:`PROSE_KEYS` whose text contains a word."""
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    for path in document.lines:
        text = document.value(path)
        if path and path[0] not in PROSE_KEYS and isinstance(text, str) and pattern.search(text):
            return path
    return ()


def _recorder_issues(
    recorder: Recorder, document: YamlDocument, documents: Documents
) -> Iterator[ConfigIssue]:
    for key in ("members", "archives"):
        yield from _pattern_issues(document, key, getattr(recorder, key))
    yield from _time_format_issues(recorder.started_at_format, document)
    if isinstance(recorder, LayoutRecorder):
        yield from _layout_issues(recorder, document, _names(documents, "layouts"))


def _layout_issues(
    recorder: LayoutRecorder, document: YamlDocument, known: Collection[str]
) -> Iterator[ConfigIssue]:
    references: dict[KeyPath, str | None] = {("layout",): recorder.layout}
    references |= {("layouts", tail): layout for tail, layout in recorder.layouts.items()}
    for path, layout in references.items():
        if layout and layout not in known:
            yield document.issue(path, f"unknown layout {layout}", suggest(layout, known))


def _alert_rule_issues(
    rule: AlertRule, document: YamlDocument, documents: Documents
) -> Iterator[ConfigIssue]:
    """Patterns that match nothing: with a typing mistake the rule would never notify anyone."""
    algorithms = rule.findings.algorithms if rule.findings else ()
    of_processes = [("process", ("processes", n), p) for n, p in enumerate(rule.processes)]
    of_findings = [
        ("algorithm", ("findings", "algorithms", n), p) for n, p in enumerate(algorithms)
    ]
    for noun, path, pattern in (*of_processes, *of_findings):
        known = _names(documents, "processes" if noun == "process" else "algorithms")
        if not fnmatch.filter(known, pattern):
            yield document.issue(path, f"no {noun} matches {pattern}", suggest(pattern, known))


def view_issues(
    view: SavedView, document: YamlDocument, known: Collection[str]
) -> Iterator[ConfigIssue]:
    """Patterns of a view that match no process: what they mean would be missing on the board.

    Args:
        view: The view.
        document: Its file.
        known: Names of the processes.
    """
    for number, pattern in enumerate(view.processes):
        if not fnmatch.filter(known, pattern):
            problem = f"no process matches {pattern}"
            yield document.issue(("processes", number), problem, suggest(pattern, known))


def _stage_issues(
    objective: AcceptanceRate, document: YamlDocument, documents: Documents
) -> Iterator[ConfigIssue]:
    known = _names(documents, "processes")
    if objective.stage not in known:
        problem = f"unknown stage {objective.stage}"
        yield document.issue(("stage",), problem, suggest(objective.stage, known))


def _pattern_issues(
    document: YamlDocument, key: str, patterns: Iterable[str]
) -> Iterator[ConfigIssue]:
    for position, pattern in enumerate(patterns):
        path = (key, position)
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            problem = f"invalid regular expression: {error}"
            yield document.issue(path, problem, "see docs/yaml.md")
            continue
        for group in set(groups) - set(PATTERN_GROUPS):
            problem = f"unknown named group {group}"
            yield document.issue(path, problem, suggest(group, PATTERN_GROUPS))


def _time_format_issues(time_format: str, document: YamlDocument) -> Iterator[ConfigIssue]:
    try:
        datetime.strptime(SAMPLE_TIME.strftime(time_format), time_format)  # noqa: DTZ007
    except ValueError as error:
        problem = f"invalid time format: {error}"
        yield document.issue(("started_at_format",), problem, "%Y%m%dT%H%M%S")
