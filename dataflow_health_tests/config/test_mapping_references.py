from pathlib import Path

from dataflow_health.config import catalogue
from dataflow_health_tests.config.config_files import (
    LAYOUT,
    VALID_FILES,
    issues_of,
    mistakes_test,
    write_files,
)

VOCABULARY = """\
terms:
  oil_psi: {describes: Oil pressure., unit: psi}
  fuel_kg: {describes: Fuel., unit: kg}
  wheels: {describes: Squat switch., states: {0: air, 1: ground}}
"""
MAPPING = """\
recorders: [card]
quantities:
  oil_psi:
    - {parameter: OIP, unit: bar}
    - {parameter: OIP_2}
  fuel_kg: [{parameter: FQ, unit: gal, density_kg_l: 0.8}]
  wheels: [{parameter: WOW, states: {0: 1, 1: 0}}]
"""
LAYOUT_MAPPING = """\
layouts: [small]
quantities:
  oil_psi: [{parameter: engine_1_oil_pressure_psi}]
"""


def changed(old: str, new: str) -> tuple[str, str]:
    """File and text of the mapping with one change."""
    return "mappings/card.yaml", MAPPING.replace(old, new)


MISTAKES = {
    "unknown recorder": (
        *changed("[card]", "[cart]"),
        1, "recorders.0", "unknown recorder cart", "did you mean card?",
    ),
    "unknown layout": (
        "mappings/card.yaml", LAYOUT_MAPPING.replace("small", "smal"),
        1, "layouts.0", "unknown layout smal", "did you mean small?",
    ),
    "unknown quantity": (
        *changed("oil_psi", "oil_ps"),
        3, "quantities.oil_ps", "unknown quantity oil_ps", "did you mean oil_psi?",
    ),
    "unknown parameter of the layout": (
        "mappings/card.yaml", LAYOUT_MAPPING.replace("oil_pressure_psi", "oil_pres_psi"),
        3, "quantities.oil_psi.0.parameter", "unknown parameter engine_1_oil_pres_psi",
        "did you mean engine_1_oil_pressure_psi?",
    ),
    "unit of another kind": (
        *changed("unit: bar", "unit: kg"),
        4, "quantities.oil_psi.0.unit", "unit kg does not convert to psi", "a unit of pressure",
    ),
    "volume without a density": (
        *changed(", density_kg_l: 0.8", ""),
        6, "quantities.fuel_kg.0.unit", "unit gal does not convert to kg", "give density_kg_l",
    ),
    "unknown state": (
        *changed("1: 0}", "1: 2}"),
        7, "quantities.wheels.0.states.1", "unknown state 2", "0 air, 1 ground",
    ),
    "unknown unit": (
        *changed("unit: bar", "unit: baar"),
        4, "quantities.oil_psi.0.unit", "unit baar is unknown", "known: %",
    ),
    "no recorder": (
        *changed("recorders: [card]", "describes: x"),
        1, "", "needs recorders or layouts", "",
    ),
}  # fmt: skip

VALID_FILES_WITH_TERMS = VALID_FILES | {"vocabulary/all.yaml": VOCABULARY}

test_a_mistake_is_reported_once_with_file_line_and_valid_values = mistakes_test(
    MISTAKES, VALID_FILES_WITH_TERMS
)


def test_valid_mappings_are_loaded(tmp_path: Path) -> None:
    files = {"mappings/card.yaml": MAPPING, "mappings/small.yaml": LAYOUT_MAPPING}
    loaded = catalogue.load(write_files(tmp_path, VALID_FILES_WITH_TERMS | files))
    assert set(loaded.mappings) == {"card", "small"}


def test_two_mappings_of_one_recorder_are_reported(tmp_path: Path) -> None:
    files = {"mappings/card.yaml": MAPPING, "mappings/other.yaml": MAPPING}
    (issue,) = issues_of(write_files(tmp_path, VALID_FILES_WITH_TERMS | files))
    assert (issue.file, issue.line, issue.key) == ("mappings/other.yaml", 1, "recorders.0")
    assert issue.problem == "recorder card is also named in mappings/card.yaml"


def test_parameters_of_an_invalid_layout_are_not_reported(tmp_path: Path) -> None:
    files = {
        "layouts/small.yaml": LAYOUT.replace("64", "sixty"),
        "mappings/small.yaml": LAYOUT_MAPPING.replace("oil_pressure_psi", "oip"),
    }
    (issue,) = issues_of(write_files(tmp_path, VALID_FILES_WITH_TERMS | files))
    assert issue.file == "layouts/small.yaml"
