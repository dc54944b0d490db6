import pytest

from dataflow_health.flight.name_matching import is_same_state, words_of, words_share


def test_words_are_in_lower_case_and_numbers_stand_alone():
    assert words_of("OIL_PRESS_2 (psi)") == {"oil", "press", "2", "psi"}
    assert words_of("") == frozenset()


@pytest.mark.parametrize(
    ("given", "wanted", "share"),
    [
        ("oil temp", "oil temperature", 1.0),
        ("oil temperature", "oil temp", 1.0),
        ("oil temp untrimmed", "oil temp", 2 / 3),
        ("oil", "fuel", 0.0),
        ("n", "nose", 0.0),
        ("", "", 0.0),
        ("oil", "", 0.0),
    ],
)
def test_the_share_counts_common_words_and_abbreviations(given, wanted, share):
    assert words_share(words_of(given), words_of(wanted)) == pytest.approx(share)


@pytest.mark.parametrize(
    ("recorded", "text", "expected"),
    [
        ("GND", "ground", True),
        ("ON GROUND", "on-ground", True),
        ("AIR", "air", True),
        ("AIR", "ground", False),
        ("ON", "open", False),
        ("UND", "ground", False),
        ("", "air", False),
    ],
)
def test_a_state_is_known_by_its_text_or_its_abbreviation(recorded, text, expected):
    assert is_same_state(recorded, text) is expected
