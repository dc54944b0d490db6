"""Loads folders of YAML into one validated catalogue."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dataflow_health.config import (
    cross_references,
    validation_errors,
    yaml_document,
    yaml_files,
    yaml_schema,
)
from dataflow_health.config.yaml_document import YamlDocument
from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.flight.recorder import Recorder
from dataflow_health.flight.vocabulary import Term, Vocabulary, merge_terms
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import Objective
from dataflow_health.health.process import Process
from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.health.saved_view import SavedView

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
"""Valid file stem: it becomes a name in code, SQL, URLs and asset keys."""


STAND_INS: Mapping[str, Mapping[str, str]] = {
    "processes": {"describes": "-"},
    "algorithms": {"describes": "-", "source": "-", "severity": "info"},
    "views": {"describes": "-"},
}
"""Required keys by folder that no other file depends on, with a value that is valid."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole configuration, by name.

    Attributes:
        processes: Monitored processes, internal and external.
        algorithms: Events and measurements to look for in a flight.
        recorders: How raw data files are recognised and decoded.
        layouts: Positions of parameters in a frame.
        alerts: Alert rules: which problems notify which channels, and when.
        slos: Service level objectives with their error budgets.
        vocabulary: Parts of the vocabulary: quantities that algorithms use.
        mappings: Recorders' parameters as quantities of the vocabulary.
        retention: How long files are kept; one policy of the name ``retention``, or none.
        live_algorithms: Limits of live signals.
        views: Saved views of the board.
        files: File of each declaration, by ``folder/name``.
        overridden: Declarations replaced by a later folder, as ``folder/name``.
    """

    processes: Mapping[str, Process]
    algorithms: Mapping[str, Algorithm]
    recorders: Mapping[str, Recorder]
    layouts: Mapping[str, Layout]
    alerts: Mapping[str, AlertRule]
    slos: Mapping[str, Objective]
    vocabulary: Mapping[str, Vocabulary]
    mappings: Mapping[str, ParameterMapping]
    retention: Mapping[str, RetentionPolicy]
    files: Mapping[str, Path]
    overridden: tuple[str, ...] = ()
    live_algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    views: Mapping[str, SavedView] = field(default_factory=dict)

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Assets inside a process, by process name: the algorithms of ``analyse``."""
        return {"analyse": tuple(sorted(self.algorithms))}

    @property
    def retention_policy(self) -> RetentionPolicy:
        """How long files are kept; for ever when nothing is declared."""
        return self.retention.get("retention", RetentionPolicy())

    @property
    def terms(self) -> Mapping[str, Term]:
        """Every quantity of the vocabulary, by full name, ascending."""
        return merge_terms(self.vocabulary)


@dataclass(frozen=True, slots=True)
class _YamlFile:
    """One YAML file; ``issue`` is set when it cannot be read or is in the wrong place."""

    folder: str
    path: Path
    relative: str
    raw: bytes = b""
    issue: ConfigIssue | None = None

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.path.stem}"


def load(*folders: Path) -> Catalogue:
    """Reads, validates and cross-checks all YAML files of some folders.

    Args:
        folders: Each with the subfolders ``processes``, ``algorithms``, ``recorders``, ``layouts``,
            ``alerts``, ``slos``, ``vocabulary``, ``mappings``, ``views`` and ``live_algorithms``,
            and the file ``retention.yaml``, all optional. A later folder adds to the earlier ones;
            a file replaces one of the same name before it.

    Raises:
        ConfigError: A file is invalid; lists all issues of all files.
    """
    found = [file for folder in folders for file in _files(folder)]
    accepted = {file.key: file for file in found if not file.issue}
    contents = {key: (file.relative, file.raw) for key, file in accepted.items()}
    documents = {key: yaml_document.read(*content) for key, content in contents.items()}
    models, issues = _validate_all(contents)
    issues += [file.issue for file in found if file.issue]
    issues += cross_references.find_issues(models, documents)
    if issues:
        raise ConfigError(tuple(sorted(issues, key=lambda issue: (issue.file, issue.line))))
    keys = [file.key for file in found]
    return Catalogue(
        **models,
        files={key: file.path for key, file in accepted.items()},
        overridden=tuple(sorted({key for key in keys if keys.count(key) > 1})),
    )


def layout_digest(layout: Layout) -> str:
    """Hash (12 hex digits) of all settings of a layout that affect decoding."""
    return _digest(layout.model_dump(mode="json"))


def mapping_digest(mapping: ParameterMapping, terms: Mapping[str, Term]) -> str:
    """Hash (12 hex digits) of a mapping and of the unit and states of its quantities."""
    meant = {name: terms[name].model_dump(mode="json") for name in mapping.quantities}
    return _digest([mapping.model_dump(mode="json"), meant])


def catalogue_digest(catalogue: Catalogue) -> str:
    """Hash (12 hex digits) of the configuration, except for descriptions and views of the board."""
    return _digest(
        {
            folder: {name: model.model_dump(mode="json") for name, model in models.items()}
            for folder in yaml_schema.MODELS
            if folder != "views"
            for models in [getattr(catalogue, folder)]
        }
    )


def _digest(data: object) -> str:
    text = json.dumps(_without_descriptions(data), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without_descriptions(data: object) -> object:
    """Data without ``describes``, so that a reworded description repeats no work."""
    if isinstance(data, Mapping):
        return {
            key: _without_descriptions(value) for key, value in data.items() if key != "describes"
        }
    return [_without_descriptions(value) for value in data] if isinstance(data, list) else data


def _files(folder: Path) -> Iterator[_YamlFile]:
    try:
        found = yaml_files.find(folder)
    except ConfigError as error:
        yield _YamlFile("", folder, str(folder), issue=error.issues[0])
        return
    for path in found:
        yield _file(path, path.relative_to(folder))


def _file(path: Path, relative: Path) -> _YamlFile:
    folder = yaml_schema.SINGLE_FILES.get(str(relative), relative.parts[0])
    file = _YamlFile(folder, path, str(relative), issue=_location_issue(relative))
    if file.issue:
        return file
    try:
        return replace(file, raw=yaml_files.read(path, file.relative))
    except ConfigError as error:
        return replace(file, issue=error.issues[0])


def _location_issue(relative: Path) -> ConfigIssue | None:
    """Issue with the folder, extension or name of a file; None when all are valid."""
    folder, name = relative.parent.as_posix(), relative.stem
    if str(relative) in yaml_schema.SINGLE_FILES:
        return None
    if folder in yaml_schema.SINGLE_FILES.values():
        problem = f"there is one {folder}.yaml, in the configuration folder itself"
        return ConfigIssue(str(relative), 0, "", problem, f"move it to {folder}.yaml")
    if folder not in yaml_schema.MODELS:
        allowed = validation_errors.suggest(folder, yaml_schema.MODELS)
        return ConfigIssue(str(relative), 0, "", f"unknown folder {folder}", allowed)
    if relative.suffix != ".yaml":
        problem = f"unsupported file extension {relative.suffix}"
        return ConfigIssue(str(relative), 0, "", problem, f"rename to {name}.yaml")
    if not NAME.fullmatch(name):
        allowed = "lowercase letters, digits and underscores"
        return ConfigIssue(str(relative), 0, "", f"invalid file name {name}", allowed)
    return None


def _validate_all(
    contents: Mapping[str, tuple[str, bytes]],
) -> tuple[Mapping[str, Mapping[str, Any]], list[ConfigIssue]]:
    """Models of all files by folder and name, and the issues of those that are invalid.

    Of an invalid file, the model is of what is valid in it, if that is enough for one: so mistakes
    between files are found in it at once, too.
    """
    models: dict[str, dict[str, object]] = {folder: {} for folder in yaml_schema.MODELS}
    issues: list[ConfigIssue] = []
    for key, (file, raw) in contents.items():
        folder, name = key.split("/")
        model, own_issues = _validate_file(folder, file, raw)
        issues += own_issues
        if model is not None:
            models[folder][name] = model
    return models, issues


@lru_cache(maxsize=1024)
def _validate_file(
    folder: str, file: str, raw: bytes
) -> tuple[BaseModel | None, list[ConfigIssue]]:
    """As :func:`validate`; a file that did not change is not validated again. Models are frozen."""
    document = yaml_document.read(file, raw)
    model, issues = validate(folder, document)
    return (model if model or not issues else _rest(folder, document, issues)), issues


def _rest(folder: str, document: YamlDocument, issues: Sequence[ConfigIssue]) -> BaseModel | None:
    """Model of a file without its invalid keys; None when it cannot be one without them."""
    if not isinstance(document.data, dict):
        return None
    wrong = {issue.key.partition(".")[0] for issue in issues}
    valid = {key: value for key, value in document.data.items() if key not in wrong}
    try:
        found: BaseModel = yaml_schema.model(folder).validate_python(
            {**STAND_INS.get(folder, {}), **valid}
        )
    except ValidationError:
        return None
    return found


def validate(folder: str, document: YamlDocument) -> tuple[BaseModel | None, list[ConfigIssue]]:
    """Validates one file.

    Args:
        folder: Name of its subfolder, which decides the model.
        document: Its content.

    Returns:
        The model and no issues, or None and the issues.
    """
    if document.issues:
        return None, list(document.issues)
    try:
        return yaml_schema.model(folder).validate_python(document.data), []
    except ValidationError as error:
        schema = yaml_schema.schema(folder)
        return None, list(validation_errors.find_issues(document, schema, error))
