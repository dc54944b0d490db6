import pytest

from dataflow_health.config import validation_errors
from dataflow_health_tests.config.config_files import (
    ALGORITHM,
    LAYOUT,
    PROCESS,
    RECORDER,
    mistakes_test,
)

MISTAKES = {
    "unknown key": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("lasting:", "lastin:"),
        5, "lastin", "unknown key lastin", "did you mean lasting?",
    ),
    "missing key": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("describes:", "# describes:"),
        2, "", "missing key describes", "text, at least 1 character",
    ),
    "wrong type": (
        "layouts/small.yaml", LAYOUT.replace("words: [3]", "words: 3"),
        9, "parameters.engine_1_oil_pressure_psi.words", "words must be a list", "",
    ),
    "wrong type deep inside": (
        "layouts/small.yaml", LAYOUT.replace("[2, 34]", "[2, two]"),
        6, "parameters.engine_1_ng_pct.words.1", "invalid value: two", "a whole number",
    ),
    "value out of range": (
        "layouts/small.yaml", LAYOUT.replace("[2, 34]", "[2, 0]"),
        6, "parameters.engine_1_ng_pct.words.1", "invalid value: 0", "at least 1",
    ),
    "word outside the subframe": (
        "layouts/small.yaml", LAYOUT.replace("[3]", "[65]"),
        7, "parameters.engine_1_oil_pressure_psi", "word 65 is outside 1..64", "",
    ),
    "too many entries": (
        "layouts/small.yaml", LAYOUT.replace("[0, 200]", "[0, 100, 200]"),
        10, "parameters.engine_1_oil_pressure_psi.valid_range", "too many entries: 3", "list of 2",
    ),
    "one entry of two": (
        "layouts/small.yaml", LAYOUT.replace("[0, 200]", "[0]"),
        10, "parameters.engine_1_oil_pressure_psi.valid_range", "missing entry 2", "a number",
    ),
    "unknown kind": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("exceedance", "exceedence"),
        3, "kind", "unknown kind exceedence", "did you mean exceedance? known: disagreement, exc",
    ),
    "no kind": (
        "recorders/card.yaml", RECORDER.replace("kind: arinc717", "describes: Card."),
        1, "", "missing key kind", "one of arinc717, arinc767, csv, irig106",
    ),
    "unknown kind of check": (
        "processes/download.yaml", PROCESS.replace("disk_free", "disc_free"),
        4, "checks.0.kind", "unknown kind disc_free", "did you mean disk_free?",
    ),
    "two checks of one name": (
        "processes/download.yaml", PROCESS + "  - {kind: disk_free, path: /}\n",
        5, "checks.1", "2 checks have this name", "",
    ),
    "condition that cannot be read": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace(" < 35", " < (35"),
        4, "when", "cannot read", "parameters, numbers",
    ),
    "condition that is no condition": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace(" > 60", ""),
        4, "when", "'engine_1_ng_pct' is not allowed here", "parameters, numbers",
    ),
    "duration without a unit": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("PT5S", "5"),
        5, "lasting", "5 is not an ISO 8601 duration", "",
    ),
    "duration of a check": (
        "processes/download.yaml", PROCESS.replace("PT2S", "2 s"),
        4, "checks.0.within", "invalid value: 2 s", "an ISO 8601 duration such as PT5S",
    ),
    "unknown phase": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("[airborne]", "[hover, airbourne]"),
        6, "during.1", "invalid value: airbourne", "one of power_off, start, ground",
    ),
    "entry that cannot be imported": (
        "algorithms/own.yaml",
        "kind: python\nentry: nowhere.at_all:f\ndescribes: Own.\nsource: Own.\nseverity: info\n",
        2, "entry", "'nowhere.at_all:f' cannot be imported", "",
    ),
}  # fmt: skip

test_a_mistake_is_reported_once_with_file_line_and_valid_values = mistakes_test(MISTAKES)


def test_a_suggestion_starts_with_the_most_similar_name() -> None:
    assert validation_errors.suggest("prase", ["parse", "load"]) == (
        "did you mean parse? known: load, parse"
    )
    assert validation_errors.suggest("x", ["parse", "load"]) == "known: load, parse"
    assert validation_errors.suggest("x", []) == "none exist"


def test_a_long_list_of_suggestions_is_cut() -> None:
    phrase = validation_errors.suggest("x", [f"name_{k:02}" for k in range(30)])
    assert phrase.endswith("name_23 and 6 more")


@pytest.mark.parametrize(
    ("value", "phrase"),
    [
        (None, "nothing"), ({"a": 1}, "a mapping"), ([1], "a list"), ((1, 2), "a list"),
        (True, "true"), (7, "7"), ("x" * 60, "x" * 60), ("x" * 61, "x" * 57 + "..."),
    ],
)  # fmt: skip
def test_an_invalid_value_is_described_in_at_most_60_characters(value: object, phrase: str) -> None:
    assert validation_errors.describe_value(value) == phrase
