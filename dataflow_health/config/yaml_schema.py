"""JSON Schema of every kind of YAML file, and phrases that describe its valid values.

The descriptions of keys are taken from the ``Attributes:`` sections of the models' docstrings, so
editors, error messages and ``docs/yaml.md`` use the same text.
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

from dataflow_health.config.yaml_document import KeyPath
from dataflow_health.flight.algorithms.algorithm import Algorithm, LiveAlgorithm
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.flight.recorder import Recorder
from dataflow_health.flight.vocabulary import Vocabulary
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.error_budget import Objective
from dataflow_health.health.process import Process
from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.health.saved_view import SavedView

Schema = Mapping[str, Any]

MODELS: Mapping[str, Any] = {
    "processes": Process,
    "algorithms": Algorithm,
    "recorders": Recorder,
    "layouts": Layout,
    "alerts": AlertRule,
    "slos": Objective,
    "vocabulary": Vocabulary,
    "mappings": ParameterMapping,
    "retention": RetentionPolicy,
    "views": SavedView,
    "live_algorithms": LiveAlgorithm,
}
"""Model of the files in each folder."""

SINGULAR = {  # live_algorithms are algorithms, with no schema of their own
    "processes": "process",
    "algorithms": "algorithm",
    "recorders": "recorder",
    "layouts": "layout",
    "alerts": "alert",
    "slos": "slo",
    "vocabulary": "vocabulary",
    "mappings": "mapping",
    "retention": "retention",
    "views": "view",
}

SINGLE_FILES = {"retention.yaml": "retention"}
"""Files that stand in the configuration folder itself, and their kind: there is one of each."""

TYPE_PHRASES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
}
FORMAT_PHRASES = {"duration": "an ISO 8601 duration such as PT5S"}
LIMIT_PHRASES = {
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
class SchemaLocation:
    """Location of a Pydantic error, in the file and in the schema.

    Attributes:
        path: Path in the file.
        schema: Schema at the location, references resolved.
        parent: Schema of the enclosing mapping or list.
        allowed: Phrase that describes the values valid there.
    """

    path: KeyPath
    schema: Schema
    parent: Schema
    allowed: str


@cache
def model(folder: str) -> TypeAdapter[Any]:
    """Validator of the files in one folder of :data:`MODELS`."""
    return TypeAdapter(MODELS[folder])


@cache
def schema(folder: str) -> Schema:
    """JSON Schema (draft 2020-12) of the files in one folder of :data:`MODELS`."""
    return model(folder).json_schema(schema_generator=_Generator)


def locate(root: Schema, data: object, loc: Sequence[str | int]) -> SchemaLocation:
    """Resolves the location of a Pydantic error, which may include union tags.

    Args:
        root: Schema of the file.
        data: Content of the file.
        loc: ``loc`` of one Pydantic error.

    Returns:
        The location; steps that do not exist in the file, such as tags, are left out of its path.
    """
    current = parent = resolve(root, root)
    path: KeyPath = ()
    for step in _file_location(data, loc):
        tags = current.get("discriminator", {}).get("mapping", {})
        if step in tags:
            current = resolve(root, {"$ref": tags[step]})
            continue
        parent, current = current, _child(root, current, step)
        if _contains(data, step):
            path, data = (*path, step), data[step]  # type: ignore[index]
    return SchemaLocation(path, current, parent, describe(root, current))


def property_names(schema: Schema) -> tuple[str, ...]:
    """Names of the keys that a mapping may have."""
    return tuple(schema.get("properties", {}))


def kinds(schema: Schema) -> tuple[str, ...]:
    """Values of the ``kind`` key that select a member of a union."""
    return tuple(schema.get("discriminator", {}).get("mapping", {}))


def describe(root: Schema, schema: Schema) -> str:
    """Describes the values valid in a schema: ``a whole number, at least 1, at most 12``."""
    schema = resolve(root, schema)
    if "enum" in schema:
        return f"one of {', '.join(str(value) for value in schema['enum'])}"
    if "const" in schema:
        return str(schema["const"])
    if kinds(schema):
        return f"a mapping with kind: {', '.join(kinds(schema))}"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        phrases = [describe(root, choice) for choice in choices if choice.get("type") != "null"]
        return " or ".join(dict.fromkeys(phrases))
    if schema.get("type") == "array":
        return _describe_list(root, schema)
    if "properties" in schema:
        return f"a mapping of {', '.join(property_names(schema))}"
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping) and (phrase := describe(root, values)):
        return f"a mapping, each {phrase}"
    phrase = FORMAT_PHRASES.get(schema.get("format", "")) or TYPE_PHRASES.get(
        schema.get("type", ""), ""
    )
    limits = [text.format(schema[key]) for key, text in LIMIT_PHRASES.items() if key in schema]
    return ", ".join([phrase, *limits]) if phrase else ""


def resolve(root: Schema, schema: Schema) -> Schema:
    """Follows the references of a schema; keys next to a reference take precedence."""
    while "$ref" in schema:
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]] | siblings
    return schema


def attribute_descriptions(cls: type) -> dict[str, str]:
    """Descriptions in the ``Attributes:`` sections of a class and its bases, one line each."""
    descriptions: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, section = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        descriptions |= {name: _plain(text) for name, text in ATTRIBUTE.findall(section)}
    return descriptions


def _plain(text: str) -> str:
    """One line of text, with Sphinx markup replaced by plain backticks."""
    return re.sub(r":\w+:`([^`]+)`|``([^`]+)``", r"`\1\2`", " ".join(text.split()))


def _describe_list(root: Schema, schema: Schema) -> str:
    if "prefixItems" in schema:
        item = describe(root, schema["prefixItems"][0])
        return f"a list of {len(schema['prefixItems'])}, each {item}"
    item = describe(root, schema.get("items", {}))
    least = f" of at least {schema['minItems']}" if "minItems" in schema else ""
    return f"a list{least}, each {item}" if item else f"a list{least}"


def _file_location(data: object, loc: Sequence[str | int]) -> Sequence[str | int]:
    """Translates ``samples`` to ``words`` where a layout uses the short form of a parameter."""
    match data, tuple(loc):
        case (
            {"parameters": {**parameters}},
            ("parameters", name, "samples", int(sample), 0, key, *rest),
        ) if _contains(parameters.get(name), "words"):
            return ("parameters", name, *(("words", sample) if key == "word" else (key,)), *rest)
    return loc


def _contains(data: object, step: str | int) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _child(root: Schema, schema: Schema, step: str | int) -> Schema:
    """Schema of one key or list item; empty when the schema defines none."""
    for choice in (resolve(root, choice) for choice in schema.get("anyOf", [schema])):
        if step in choice.get("properties", {}):
            return resolve(root, choice["properties"][step])
        if isinstance(step, int) and choice.get("type") == "array":
            first = choice.get("prefixItems", [])
            return resolve(root, first[step] if step < len(first) else choice.get("items", {}))
        if isinstance(choice.get("additionalProperties"), Mapping):
            return resolve(root, choice["additionalProperties"])
    return {}


class _Generator(GenerateJsonSchema):
    """Adds descriptions from docstrings, and the short form of a layout's parameters."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        json_schema = super().model_schema(schema)
        cls: type[BaseModel] = schema["cls"]
        summary = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0]
        json_schema["description"] = _plain(summary)
        if cls is Parameter:
            json_schema["properties"] |= _short_form()
        for name, text in attribute_descriptions(cls).items():
            if name in json_schema["properties"]:
                json_schema["properties"][name] |= {"description": text}
        return json_schema


def _short_form() -> Schema:
    """Properties of the short form ``words: [3, 67]``, one sample of one part for each word."""
    part = TypeAdapter(Part).json_schema()["properties"]
    descriptions = attribute_descriptions(Part)
    word = part["word"] | {"title": "Words"}
    description = f"{descriptions['word']} One entry a sample."
    words = {"type": "array", "items": word, "description": description}
    shared = {
        key: part[key] | {"description": descriptions[key]}
        for key in ("bits", "subframes", "frames")
    }
    return {"words": words, **shared}
