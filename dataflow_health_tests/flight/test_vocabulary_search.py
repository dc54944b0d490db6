import pytest

from dataflow_health.flight.vocabulary import Term
from dataflow_health.flight.vocabulary_search import compact, search
from dataflow_health_tests import factories


def names(query, limit=3):
    return [hit.name for hit in search(factories.catalogue().terms, query, limit=limit)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("engine oil", "engine_1_oil_pressure_psi"),
        ("oil temp engine 2", "engine_2_oil_temperature_c"),
        ("E1 OilT", "engine_1_oil_temperature_c"),
        ("e1oilt", "engine_1_oil_temperature_c"),
        ("bank angle", "roll_deg"),
        ("height above ground", "radio_altitude_ft"),
        ("squat switch", "weight_on_wheels"),
        ("NR", "rotor_speed_pct"),
        ("EGT2", "engine_2_tot_c"),
        ("rotor_speed_pct", "rotor_speed_pct"),
        ("sink rate", "vertical_speed_ft_min"),
    ],
)
def test_a_quantity_is_found_by_meaning_and_by_a_recorders_name(query, first):
    assert names(query)[0] == first


@pytest.mark.slow
def test_every_synonym_finds_its_quantity():
    terms = factories.catalogue().terms
    for name, term in terms.items():
        for synonym in (name, *term.synonyms):
            found = [hit.name for hit in search(terms, synonym, limit=len(terms))]
            assert name in found, synonym


def test_a_misspelt_word_is_corrected_only_when_nothing_matches():
    assert names("hidraulic presure")[0] == "hydraulic_1_pressure_psi"
    terms = {"oil": Term(describes="x"), "soil": Term(describes="x")}
    assert [hit.name for hit in search(terms, "oil", limit=5)] == ["oil"]


def test_every_word_must_match():
    assert names("engine banana") == []
    assert names("") == []
    assert names("!?") == []


def test_the_number_of_hits_is_limited():
    assert len(names("engine", limit=4)) == 4


def test_blanks_case_and_punctuation_do_not_matter():
    assert compact("E1 OilT") == compact("e1_oilt") == "e1oilt"
