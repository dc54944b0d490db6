"""Types that stand in an algorithm's YAML: conditions, expressions and durations, as text."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from dataflow_health.flight.algorithms import condition


def _to_condition(given: object) -> condition.Condition:
    return (
        given
        if isinstance(given, condition.Condition)
        else condition.parse_condition(_require_text(given))
    )


def _to_quantity(given: object) -> condition.Quantity:
    return (
        given
        if isinstance(given, condition.Quantity)
        else condition.parse_quantity(_require_text(given))
    )


def _require_text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError(f"{given!r} is not text; allowed: {condition.ALLOWED_SYNTAX}")  # noqa: TRY004
    return given


def _require_iso_8601(given: object) -> object:
    # A bare number would leave the unit to the reader.
    if isinstance(given, timedelta) or (isinstance(given, str) and given.startswith("P")):
        return given
    raise ValueError(f"{given!r} is not an ISO 8601 duration such as PT5S, PT2.5S or PT10M")


def _schema(describes: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": describes, "examples": [example]})


ConditionField = Annotated[
    condition.Condition,
    PlainValidator(_to_condition),
    PlainSerializer(str, return_type=str),
    _schema(f"A condition of {condition.ALLOWED_SYNTAX}.", "engine_1_ng_pct > 60"),
]
QuantityField = Annotated[
    condition.Quantity,
    PlainValidator(_to_quantity),
    PlainSerializer(str, return_type=str),
    _schema("A parameter, or arithmetic over some.", "abs(pitch_deg)"),
]
Duration = Annotated[timedelta, BeforeValidator(_require_iso_8601), Field(ge=timedelta(0))]
