from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.criteria import criteria, format_value, limit
from dataflow_health_tests import factories

CATALOGUE: Catalogue = factories.catalogue()


def test_a_limit_is_the_condition_with_its_duration() -> None:
    text = limit(CATALOGUE.algorithms["rotor_speed_high"])
    assert text.startswith("rotor_speed_pct > 107 and")
    assert text.endswith("for at least 1 s")


def test_every_shipped_algorithm_has_a_limit() -> None:
    assert [name for name, each in CATALOGUE.algorithms.items() if not limit(each)] == []


def test_descriptions_are_no_criteria() -> None:
    names = {name for each in CATALOGUE.algorithms.values() for name, _ in criteria(each)}
    assert not names & {"describes", "source", "examples", "lasting"}


def test_values_are_written_as_in_yaml() -> None:
    value = {"below": 2.0, "above": None, "of": ["a", "b"]}
    assert format_value(value) == "below 2, of a, b"
