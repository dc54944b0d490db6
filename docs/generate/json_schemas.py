"""Generates the JSON Schema files of every kind of YAML file, for editors.

An editor with YAML language server support completes and validates a file that starts with
``# yaml-language-server: $schema=.../algorithm.schema.json``. ``dataflow-health validate`` also
finds mistakes that a schema cannot express, such as an unknown parameter.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from dataflow_health.config import BUILTIN_FOLDER, yaml_schema

FOLDER = BUILTIN_FOLDER / "schema"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Mapping[str, str]:
    """Text of every schema file, by file name."""
    return {f"{kind}.schema.json": _text(folder) for folder, kind in yaml_schema.SINGULAR.items()}


def outdated(folder: Path = FOLDER) -> Iterator[str]:
    """Names of schema files that are missing or differ from the models."""
    for name, text in files().items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            yield name


def write(folder: Path = FOLDER) -> None:
    """Writes every schema file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text)


def _text(folder: str) -> str:
    schema = {"$schema": DRAFT, **yaml_schema.schema(folder), "title": yaml_schema.SINGULAR[folder]}
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    write()
