import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.flight.algorithms.condition import parse_condition, parse_quantity
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT5S", 5), ("PT2.5S", 2.5), ("PT10M", 600), ("PT1H30M", 5400)]
)
def test_a_duration_is_iso_8601(text: str, seconds: float) -> None:
    assert TypeAdapter(Duration).validate_python(text).total_seconds() == seconds


@pytest.mark.parametrize("given", [5, "5", "00:05", "5s", "PT", "-PT5S", None])
def test_anything_else_is_no_duration(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(given)


def test_a_condition_is_text_in_json_and_reads_back() -> None:
    adapter = TypeAdapter(ConditionField)
    condition = adapter.validate_python("a>1 and b<2")
    assert adapter.dump_python(condition, mode="json") == "a > 1 and b < 2"
    assert adapter.validate_python(condition) is condition
    assert condition == parse_condition("a > 1 and b < 2")


def test_a_quantity_is_text_in_json_and_reads_back() -> None:
    adapter = TypeAdapter(QuantityField)
    quantity = adapter.validate_python("abs(a-b)")
    assert adapter.dump_python(quantity, mode="json") == "abs(a - b)"
    assert quantity == parse_quantity("abs(a - b)")


@pytest.mark.parametrize("given", [1, None, ["a > 1"], True])
def test_anything_but_text_is_no_condition(given: object) -> None:
    with pytest.raises(ValidationError, match="is not text"):
        TypeAdapter(ConditionField).validate_python(given)


def test_the_schema_of_a_condition_lists_the_allowed_syntax() -> None:
    schema = TypeAdapter(ConditionField).json_schema()
    assert schema["type"] == "string"
    assert "between" in schema["description"]
