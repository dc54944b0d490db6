import pytest
from pydantic import ValidationError

from dataflow_health.flight.mapping import MappedSource, ParameterMapping, select_mapping


def make_mapping(**owners):
    return ParameterMapping(quantities={"pitch_deg": [{"parameter": "PTCH"}]}, **owners)


def test_the_mapping_of_the_layout_is_preferred_to_that_of_the_recorder():
    general, special = make_mapping(recorders=["wqar"]), make_mapping(layouts=["10888"])
    mappings = {"general": general, "special": special}
    assert select_mapping(mappings, "wqar", "10888") is special
    assert select_mapping(mappings, "wqar", "10777") is general
    assert select_mapping(mappings, "card", None) is None
    assert select_mapping({}, "wqar", None) is None


def test_a_source_names_every_parameter_that_it_needs():
    assert MappedSource(parameter="left", plus=["right"]).parameters == ("left", "right")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit": "furlong"}, "unit furlong is unknown; allowed: known: %"),
        ({"scale": 0}, "scale must not be 0"),
        ({"states": {0: 1}, "plus": ["b"]}, "states exclude plus"),
        ({"density_kg_l": 800}, "less than or equal to 2"),
    ],
)
def test_a_mistake_in_a_source_says_what_would_be_right(changes, problem):
    with pytest.raises(ValidationError) as caught:
        MappedSource.model_validate({"parameter": "a"} | changes)
    assert problem in str(caught.value)


def test_a_mapping_applies_to_something():
    with pytest.raises(ValidationError, match="needs recorders or layouts"):
        make_mapping()
