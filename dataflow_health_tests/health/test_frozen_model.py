"""Base model, field types and fields of every check."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.health.frozen_model import CheckBase, Count, Duration, FrozenModel, Name


class Sample(FrozenModel):
    value: int = 0


def test_a_model_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Sample().value = 1


def test_unknown_keys_are_refused():
    with pytest.raises(ValidationError, match="Extra inputs"):
        Sample.model_validate({"valeu": 1})


@pytest.mark.parametrize("name", ["a", "parse", "landing_to_sql_2"])
def test_names_of_letters_digits_and_underscores_are_valid(name):
    assert TypeAdapter(Name).validate_python(name) == name


@pytest.mark.parametrize("name", ["", "Parse", "2nd", "_x", "a-b", "a b", "ä"])
def test_other_names_are_refused(name):
    with pytest.raises(ValidationError, match="pattern"):
        TypeAdapter(Name).validate_python(name)


def test_counts_start_at_zero():
    assert TypeAdapter(Count).validate_python(0) == 0
    with pytest.raises(ValidationError):
        TypeAdapter(Count).validate_python(-1)


def test_a_duration_is_an_iso_8601_duration():
    assert TypeAdapter(Duration).validate_python("PT1M") == timedelta(minutes=1)
    assert TypeAdapter(Duration).validate_python(timedelta(seconds=1)) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, "5 has no unit, write an ISO 8601 duration such as PT5S"),
        (0.5, "0.5 has no unit"),
        ("PT0S", "greater than 0"),
        ("-PT1S", "greater than 0"),
        ("soon", "valid timedelta"),
    ],
)
def test_an_invalid_duration_is_refused_with_the_reason(given, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Duration).validate_python(given)


def test_a_check_is_an_error_that_opens_by_the_default_of_its_kind():
    check = CheckBase(name="good")
    assert (check.severity, check.optional, check.describes) == ("error", False, "")
    assert (check.opens_after, check.closes_after) == (None, None)


@pytest.mark.parametrize("key", ["opens_after", "closes_after"])
def test_an_incident_needs_at_least_one_result(key):
    assert getattr(CheckBase.model_validate({"name": "good", key: 1}), key) == 1
    with pytest.raises(ValidationError, match=key):
        CheckBase.model_validate({"name": "good", key: 0})
