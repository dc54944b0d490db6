"""Folders of YAML to one checked catalogue. Pure: the same files always give the same answer."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from dataflow_health.config import cross_references, validation_errors, yaml_document, yaml_schema
from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Recorder
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import Objective
from dataflow_health.health.process import Process

NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
"""What a file's stem may be: it becomes a name in code, in SQL, in URLs and in asset keys."""

COMPUTED = ("processes", "algorithms", "recorders", "layouts")
"""Folders whose files say what is computed; the others say who is told of it."""

SUFFIXES = {".yaml", ".yml", ".YAML", ".YML"}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is declared, by name.

    Attributes:
        processes: Monitored blocks, ours and external.
        algorithms: What is looked for in a flight.
        recorders: How raw data files are recognised and read.
        layouts: Where parameters sit in a frame.
        alerts: Who is told what.
        slos: What is promised, with an error budget.
        files: File that each declaration was read from, by ``folder/name``.
        overridden: Declarations of an earlier folder that a later one replaced, as ``folder/name``.
    """

    processes: Mapping[str, Process]
    algorithms: Mapping[str, Algorithm]
    recorders: Mapping[str, Recorder]
    layouts: Mapping[str, Layout]
    alerts: Mapping[str, AlertRule]
    slos: Mapping[str, Objective]
    files: Mapping[str, Path]
    overridden: tuple[str, ...] = ()

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Assets inside a process, by its name."""
        return {"analyse": tuple(sorted(self.algorithms))}


@dataclass(frozen=True, slots=True)
class _Found:
    """One YAML file in one of the folders, or what is wrong with where it lies."""

    folder: str
    path: Path
    relative: str
    fault: ConfigIssue | None = None

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.path.stem}"


def builtin_folder() -> Path:
    """The folder of what this package declares itself."""
    return Path(__file__).parent


def load(*folders: Path) -> Catalogue:
    """Reads, validates and cross-checks all YAML of some folders.

    Args:
        folders: Each with sub-folders ``processes``, ``algorithms``, ``recorders``, ``layouts``,
            ``alerts`` and ``slos``, any of which may be missing. A later folder adds to the
            earlier ones, and its file replaces theirs of the same name.

    Raises:
        ConfigError: Something is wrong; all faults of all files are in it.
    """
    found = [file for folder in folders for file in _files(folder)]
    standing = {file.key: file for file in found if not file.fault}
    documents = {
        key: yaml_document.read(f.relative, f.path.read_bytes()) for key, f in standing.items()
    }
    declared, wrong = _validated(documents)
    wrong = [file.fault for file in found if file.fault] + wrong
    wrong += cross_references.faults(declared, documents)
    if wrong:
        raise ConfigError(tuple(sorted(wrong, key=lambda fault: (fault.file, fault.line))))
    keys = [file.key for file in found]
    return Catalogue(
        **declared,
        files={key: file.path for key, file in standing.items()},
        overridden=tuple(sorted({key for key in keys if keys.count(key) > 1})),
    )


def layout_digest(layout: Layout) -> str:
    """Twelve hex digits that change when the decoding of a layout's frames may change."""
    return _digest(layout.model_dump(mode="json"))


def catalogue_digest(catalogue: Catalogue) -> str:
    """Twelve hex digits that change when anything declared changes what is computed."""
    return _digest_of(catalogue, COMPUTED)


def everything_digest(catalogue: Catalogue) -> str:
    """Twelve hex digits that change when anything declared changes."""
    return _digest_of(catalogue, yaml_schema.KINDS)


def _digest_of(catalogue: Catalogue, folders: Iterable[str]) -> str:
    return _digest(
        {
            folder: {name: model.model_dump(mode="json") for name, model in models.items()}
            for folder in folders
            for models in [getattr(catalogue, folder)]
        }
    )


def _digest(data: object) -> str:
    text = json.dumps(_computed(data), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _computed(data: object) -> object:
    """Without what is only for people, so that a better description redoes no work."""
    if isinstance(data, Mapping):
        return {key: _computed(value) for key, value in data.items() if key != "describes"}
    return [_computed(value) for value in data] if isinstance(data, list) else data


def _files(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir():
        yield _Found("", folder, str(folder), ConfigIssue(str(folder), 0, "", "no such folder"))
        return
    for path in sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES and p.is_file()):
        relative = path.relative_to(folder)
        yield _Found(relative.parts[0], path, str(relative), _misplaced(relative))


def _misplaced(relative: Path) -> ConfigIssue | None:
    where, name = relative.parent.as_posix(), relative.stem
    if where not in yaml_schema.KINDS:
        allowed = validation_errors.nearest(where, yaml_schema.KINDS)
        return ConfigIssue(
            str(relative), 0, "", f"nothing is read from the folder {where}", allowed
        )
    if relative.suffix != ".yaml":
        return ConfigIssue(
            str(relative), 0, "", f"the name ends in {relative.suffix}", f"{name}.yaml"
        )
    if not NAME.fullmatch(name):
        allowed = "lowercase letters, digits and underscores: it becomes the name"
        return ConfigIssue(str(relative), 0, "", f"{name} cannot be a name", allowed)
    return None


def _validated(
    documents: Mapping[str, yaml_document.Document],
) -> tuple[dict[str, dict[str, Any]], list[ConfigIssue]]:
    declared: dict[str, dict[str, Any]] = {folder: {} for folder in yaml_schema.KINDS}
    wrong: list[ConfigIssue] = []
    for key, document in documents.items():
        folder, name = key.split("/")
        model, mistakes = validated(folder, document)
        wrong += mistakes
        if model is not None:
            declared[folder][name] = model
    return declared, wrong


def validated(
    folder: str, document: yaml_document.Document
) -> tuple[BaseModel | None, list[ConfigIssue]]:
    """One file as its model, or what is wrong with it."""
    if document.faults:
        return None, list(document.faults)
    try:
        return yaml_schema.model(folder).validate_python(document.data), []
    except ValidationError as error:
        return None, list(
            validation_errors.from_validation(document, yaml_schema.schema(folder), error)
        )
