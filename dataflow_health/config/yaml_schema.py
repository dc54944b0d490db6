"""The shape of every kind of file: its model's JSON Schema, and words for what a place may hold.

The models tell their keys in ``Attributes:`` of their docstrings; here they become descriptions, so
that editors, error messages and ``docs/yaml.md`` all say the same.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from dataflow_health.config.yaml_document import Path
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.recorder import Recorder
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import Objective
from dataflow_health.health.process import Process

Schema = Mapping[str, Any]

KINDS: Mapping[str, Any] = {
    "processes": Process,
    "algorithms": Algorithm,
    "recorders": Recorder,
    "layouts": Layout,
    "alerts": AlertRule,
    "slos": Objective,
}
"""Model by the name of its folder."""

SINGULAR = {
    "processes": "process",
    "algorithms": "algorithm",
    "recorders": "recorder",
    "layouts": "layout",
    "alerts": "alert",
    "slos": "slo",
}

TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
}
FORMATS = {"duration": "an ISO 8601 duration such as PT5S"}
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} character",
    "maxLength": "at most {} characters",
    "pattern": "matching `{}`",
}

ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
"""One entry of a Google-style ``Attributes:`` section."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where pydantic points, in the file and in the schema.

    Attributes:
        path: In the file.
        schema: What may stand there, references resolved.
        parent: The schema of the mapping or list around it.
        allowed: ``schema`` in words.
    """

    path: Path
    schema: Schema
    parent: Schema
    allowed: str


@cache
def model(folder: str) -> TypeAdapter[Any]:
    """Validator of the files of one folder of :data:`KINDS`."""
    return TypeAdapter(KINDS[folder])


@cache
def schema(folder: str) -> Schema:
    """JSON Schema (draft 2020-12) of the files of one folder of :data:`KINDS`."""
    return model(folder).json_schema(schema_generator=_Generator)


def place(root: Schema, data: object, loc: Sequence[str | int]) -> Place:
    """Follows pydantic's location, which also names union tags, through file and schema.

    Args:
        root: Schema of the file.
        data: The file's data.
        loc: ``loc`` of one pydantic error.

    Returns:
        The place; what the file does not hold, such as a tag, is left out of its path.
    """
    here = parent = resolved(root, root)
    path: Path = ()
    for step in _as_written(data, loc):
        tagged = here.get("discriminator", {}).get("mapping", {})
        if step in tagged:
            here = resolved(root, {"$ref": tagged[step]})
            continue
        parent, here = here, _below(root, here, step)
        if _holds(data, step):
            path, data = (*path, step), data[step]  # type: ignore[index]
    return Place(path, here, parent, phrase(root, here))


def keys(here: Schema) -> tuple[str, ...]:
    """Keys that a mapping may have."""
    return tuple(here.get("properties", {}))


def kinds(here: Schema) -> tuple[str, ...]:
    """Values that tell a union's members apart."""
    return tuple(here.get("discriminator", {}).get("mapping", {}))


def phrase(root: Schema, here: Schema) -> str:
    """What may stand at a place, in words: ``a whole number, at least 1, at most 12``."""
    here = resolved(root, here)
    if "enum" in here:
        return f"one of {', '.join(str(value) for value in here['enum'])}"
    if "const" in here:
        return str(here["const"])
    if kinds(here):
        return f"a mapping with kind: {', '.join(kinds(here))}"
    if ways := here.get("anyOf") or here.get("oneOf"):
        given = [phrase(root, way) for way in ways if way.get("type") != "null"]
        return " or ".join(dict.fromkeys(given))
    if here.get("type") == "array":
        return _list_phrase(root, here)
    if "properties" in here:
        return f"a mapping of {', '.join(keys(here))}"
    each = here.get("additionalProperties")
    if isinstance(each, Mapping) and (words := phrase(root, each)):
        return f"a mapping, each {words}"
    words = FORMATS.get(here.get("format", "")) or TYPES.get(here.get("type", ""), "")
    limits = [words.format(here[key]) for key, words in LIMITS.items() if key in here]
    return ", ".join([words, *limits]) if words else ""


def resolved(root: Schema, here: Schema) -> Schema:
    """A schema with its reference followed; what stands beside the reference wins."""
    while "$ref" in here:
        beside = {key: value for key, value in here.items() if key != "$ref"}
        here = root["$defs"][here["$ref"].rsplit("/", 1)[-1]] | beside
    return here


def described(cls: type) -> dict[str, str]:
    """What the ``Attributes:`` sections of a class and its bases say, one line each."""
    said: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        said |= {name: _plain(text) for name, text in ATTRIBUTE.findall(section)}
    return said


def _plain(text: str) -> str:
    """One line, without the marks that only a documentation builder reads."""
    return re.sub(r":\w+:`([^`]+)`|``([^`]+)``", r"`\1\2`", " ".join(text.split()))


def _list_phrase(root: Schema, here: Schema) -> str:
    if "prefixItems" in here:
        each = phrase(root, here["prefixItems"][0])
        return f"a list of {len(here['prefixItems'])}, each {each}"
    each = phrase(root, here.get("items", {}))
    least = f" of at least {here['minItems']}" if "minItems" in here else ""
    return f"a list{least}, each {each}" if each else f"a list{least}"


def _as_written(data: object, loc: Sequence[str | int]) -> Sequence[str | int]:
    """The location in a layout's short form, where the file uses it: samples were made of words."""
    match data, tuple(loc):
        case (
            {"parameters": {**parameters}},
            ("parameters", name, "samples", int(sample), 0, key, *rest),
        ) if _holds(parameters.get(name), "words"):
            return ("parameters", name, *(("words", sample) if key == "word" else (key,)), *rest)
    return loc


def _holds(data: object, step: str | int) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _below(root: Schema, here: Schema, step: str | int) -> Schema:
    for way in (resolved(root, way) for way in here.get("anyOf", [here])):
        if step in way.get("properties", {}):
            return resolved(root, way["properties"][step])
        if isinstance(step, int) and way.get("type") == "array":
            first = way.get("prefixItems", [])
            return resolved(root, first[step] if step < len(first) else way.get("items", {}))
        if isinstance(way.get("additionalProperties"), Mapping):
            return resolved(root, way["additionalProperties"])
    return {}


class _Generator(GenerateJsonSchema):
    """Adds descriptions from docstrings, and the short form that a layout's parameters have."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        cls: type[BaseModel] = schema["cls"]
        made["description"] = _plain(inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0])
        if cls is Parameter:
            made["properties"] |= _short_form()
        for name, text in described(cls).items():
            if name in made["properties"]:
                made["properties"][name] |= {"description": text}
        return made


def _short_form() -> dict[str, Any]:
    """Keys of ``words: [3, 67]``, which ``Parameter`` turns into samples of one part each."""
    part = TypeAdapter(Part).json_schema()["properties"]
    word = part["word"] | {"title": "Words"}
    shared = {key: part[key] for key in ("bits", "subframes", "frames")}
    text = described(Part)
    words = {"type": "array", "items": word, "description": f"{text['word']} One entry a sample."}
    return {"words": words, **{k: v | {"description": text[k]} for k, v in shared.items()}}
