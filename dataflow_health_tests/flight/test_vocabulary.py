import pytest
from pydantic import ValidationError

from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.flight.vocabulary import Term, Vocabulary, numbered_names
from dataflow_health_tests import factories


def make_vocabulary(**terms):
    return Vocabulary(terms=terms)


def test_a_number_replaces_its_place_in_name_meaning_and_synonyms():
    declared = {"describes": "Oil of engine {n}.", "unit": "psi", "numbers": [1, 2],
                "synonyms": ["E{n} OilP"]}  # fmt: skip
    terms = make_vocabulary(**{"engine_{n}_oil_psi": declared}).numbered_terms
    assert list(terms) == ["engine_1_oil_psi", "engine_2_oil_psi"]
    second = terms["engine_2_oil_psi"]
    assert (second.describes, second.synonyms) == ("Oil of engine 2.", ("E2 OilP",))
    assert (second.unit, second.numbers) == ("psi", ())


def test_a_quantity_without_numbers_keeps_its_name():
    term = Term(describes="Pitch.", unit="deg")
    assert make_vocabulary(pitch_deg=term).numbered_terms == {"pitch_deg": term}


@pytest.mark.parametrize(
    ("name", "declared", "problem"),
    [
        ("oil", {"unit": "PSI"}, "unit PSI is unknown; allowed: did you mean psi?"),
        ("oil", {"unit": "furlong"}, "unit furlong is unknown; allowed: known: %, deg, rad"),
        ("oil", {"plausible_range": [5, 5]}, "must be [lowest, highest]"),
        ("oil", {"numbers": [1]}, "numbers need {n} in the name"),
        ("oil_{n}", {}, "{n} in the name needs numbers"),
        ("Oil", {}, "the name is not valid"),
        ("o" * 64, {}, "the name is not valid"),
    ],
)
def test_a_mistake_says_what_would_be_right(name, declared, problem):
    with pytest.raises(ValidationError) as caught:
        make_vocabulary(**{name: {"describes": "Oil."} | declared})
    assert problem in str(caught.value)


def test_names_of_an_invalid_declaration_are_known_too():
    assert numbered_names("a_{n}", [1, 2]) == ("a_1", "a_2")
    assert numbered_names("a", None) == ("a",)
    assert numbered_names("a_{n}", "one") == ("a_",)


def test_every_quantity_of_a_shipped_algorithm_is_in_the_vocabulary():
    catalogue = factories.catalogue()
    used = {name for each in catalogue.algorithms.values() for name in each.parameter_names}
    assert used | PHASE_PARAMETERS <= set(catalogue.terms)


def test_the_shipped_layouts_agree_with_the_vocabulary():
    catalogue = factories.catalogue()
    for layout in catalogue.layouts.values():
        for name, parameter in layout.parameters.items():
            term = catalogue.terms[name]
            assert (parameter.unit, dict(parameter.states)) == (term.unit, dict(term.states)), name
            if parameter.valid_range and term.plausible_range:
                low, high = term.plausible_range
                assert low <= parameter.valid_range[0] < parameter.valid_range[1] <= high, name


def test_a_discrete_has_states_and_another_quantity_a_unit_or_a_range():
    for name, term in factories.catalogue().terms.items():
        assert term.synonyms, name
        assert term.unit or term.states or term.plausible_range or name in {
            "flight_number", "software_version", "tail_number",
        }, name  # fmt: skip
