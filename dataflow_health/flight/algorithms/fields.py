"""Field types of an algorithm's YAML: conditions, expressions and durations, given as text."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from dataflow_health.flight.algorithms.condition import (
    ALLOWED_SYNTAX,
    Condition,
    Quantity,
    parse_condition,
    parse_quantity,
)


def _to_condition(given: object) -> Condition:
    return given if isinstance(given, Condition) else parse_condition(_require_text(given))


def _to_quantity(given: object) -> Quantity:
    return given if isinstance(given, Quantity) else parse_quantity(_require_text(given))


def _require_text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(f"{given!r} is not text; allowed: {ALLOWED_SYNTAX}")  # noqa: TRY004
    return given


def _require_iso_8601(given: object) -> object:
    """Passes durations and ISO 8601 texts; refuses bare numbers, whose unit would be a guess."""
    if isinstance(given, timedelta) or (isinstance(given, str) and given.startswith("P")):
        return given
    raise ValueError(f"{given!r} is not an ISO 8601 duration such as PT5S, PT2.5S or PT10M")


def _schema(description: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description, "examples": [example]})


ConditionField = Annotated[
    Condition,
    PlainValidator(_to_condition),
    PlainSerializer(str, return_type=str),
    _schema(f"A condition of {ALLOWED_SYNTAX}.", "engine_1_ng_pct > 60"),
]
QuantityField = Annotated[
    Quantity,
    PlainValidator(_to_quantity),
    PlainSerializer(str, return_type=str),
    _schema("A parameter, or arithmetic over some.", "abs(pitch_deg)"),
]
Duration = Annotated[timedelta, BeforeValidator(_require_iso_8601), Field(ge=timedelta(0))]
