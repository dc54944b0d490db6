import pytest

from dataflow_health.config import yaml_schema
from dataflow_health.flight.layout import Part


@pytest.mark.parametrize(
    ("schema", "phrase"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 12},
         "a whole number, at least 1, at most 12"),
        ({"type": "string", "format": "duration"}, "an ISO 8601 duration such as PT5S"),
        ({"enum": ["a", "b"]}, "one of a, b"),
        ({"const": "python"}, "python"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "a number"),
        ({"type": "array", "items": {"type": "number"}, "minItems": 2},
         "a list of at least 2, each a number"),
        ({"type": "array", "prefixItems": [{"type": "number"}] * 2}, "a list of 2, each a number"),
        ({"properties": {"a": {}, "b": {}}}, "a mapping of a, b"),
        ({"additionalProperties": {"type": "string"}}, "a mapping, each text"),
        ({"$ref": "#/$defs/Flag"}, "true or false"),
        ({"$ref": "#/$defs/Flag", "const": False}, "False"),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_schema_is_described_in_words(schema: yaml_schema.Schema, phrase: str) -> None:
    root = {"$defs": {"Flag": {"type": "boolean"}}}
    assert yaml_schema.describe(root, schema) == phrase


def test_an_error_inside_a_union_is_located_without_its_tag() -> None:
    data = {"describes": "x", "checks": [{"kind": "disk_free", "within": "2 s"}]}
    schema = yaml_schema.schema("processes")
    location = yaml_schema.locate(schema, data, ("checks", 0, "disk_free", "within"))
    assert location.path == ("checks", 0, "within")
    assert location.allowed == "an ISO 8601 duration such as PT5S"
    assert "path" in yaml_schema.property_names(location.parent)


def test_a_missing_key_is_located_at_its_mapping() -> None:
    location = yaml_schema.locate(yaml_schema.schema("processes"), {}, ("describes",))
    assert location.path == ()
    assert location.allowed.startswith("text")


def test_the_short_form_of_a_layout_keeps_its_own_keys() -> None:
    data = {"parameters": {"a": {"words": [2, 0]}}}
    loc = ("parameters", "a", "samples", 1, 0, "word")
    location = yaml_schema.locate(yaml_schema.schema("layouts"), data, loc)
    assert location.path == ("parameters", "a", "words", 1)


def test_the_kinds_of_a_union_are_listed() -> None:
    assert set(yaml_schema.kinds(yaml_schema.schema("recorders"))) == {
        "arinc717",
        "arinc767",
        "csv",
        "irig106",
    }


def test_descriptions_are_taken_from_docstrings_as_one_plain_line() -> None:
    class Base:
        """A base.

        Attributes:
            first: Inherited, with :class:`Markup` and ``code``
                on two lines.
        """

    class Derived(Base):
        """A class.

        Attributes:
            second: Its own.
        """

    assert yaml_schema.attribute_descriptions(Derived) == {
        "first": "Inherited, with `Markup` and `code` on two lines.",
        "second": "Its own.",
    }
    assert set(yaml_schema.attribute_descriptions(Part)) >= set(Part.model_fields)
