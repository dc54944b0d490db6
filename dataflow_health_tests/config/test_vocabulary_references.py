from pathlib import Path

from dataflow_health.config import catalogue, vocabulary_references, yaml_document
from dataflow_health_tests.config.config_files import (
    ALGORITHM,
    VALID_FILES,
    issues_of,
    mistakes_test,
    write_files,
)

HEAD = "describes: x\nterms:\n"
TERM = "  mast_moment_pct: {describes: Mast moment., unit: '%'}\n"
NUMBERED = "  engine_{n}_np_pct: {describes: NP., unit: '%', numbers: [1, 2]}\n"
MISTAKES = {
    "unit that nothing knows": (
        "vocabulary/rotor.yaml", HEAD + "  oil:\n    describes: Oil.\n    unit: PSI\n",
        5, "terms.oil.unit", "unit PSI is unknown", "did you mean psi?",
    ),
    "number without a place": (
        "vocabulary/rotor.yaml", HEAD + TERM + "  oil: {describes: Oil., numbers: [1]}\n",
        4, "terms.oil", "numbers need {n} in the name", "",
    ),
    "place without a number": (
        "vocabulary/rotor.yaml", HEAD + TERM + "  oil_{n}: {describes: Oil.}\n",
        4, "terms.oil_{n}", "{n} in the name needs numbers", "",
    ),
    "unknown key": (
        "vocabulary/rotor.yaml", HEAD + "  oil: {describes: Oil., synonym: [OIP]}\n",
        3, "terms.oil.synonym", "unknown key synonym", "did you mean synonyms?",
    ),
    "algorithm with a name that neither vocabulary nor layout has": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("oil_pressure", "oil_presure"),
        4, "when", "unknown parameter engine_1_oil_presure_psi", "did you mean",
    ),
}  # fmt: skip

test_a_mistake_is_reported_once_with_file_line_and_valid_values = mistakes_test(MISTAKES)


def test_an_algorithm_may_name_a_quantity_that_no_layout_has(tmp_path: Path) -> None:
    changed = {
        "vocabulary/rotor.yaml": HEAD + NUMBERED,
        "algorithms/oil_pressure_low.yaml": ALGORITHM.replace("engine_1_ng_pct", "engine_2_np_pct"),
    }
    loaded = catalogue.load(write_files(tmp_path, VALID_FILES | changed))
    assert list(loaded.terms) == ["engine_1_np_pct", "engine_2_np_pct"]


def test_a_quantity_declared_twice_is_reported(tmp_path: Path) -> None:
    twice = {
        "vocabulary/a.yaml": HEAD + NUMBERED,
        "vocabulary/b.yaml": HEAD + TERM + "  engine_2_np_pct: {describes: NP., unit: '%'}\n",
    }
    (issue,) = issues_of(write_files(tmp_path, VALID_FILES | twice))
    assert (issue.file, issue.line, issue.key) == ("vocabulary/b.yaml", 4, "terms.engine_2_np_pct")
    assert issue.problem == "engine_2_np_pct is already declared in vocabulary/a.yaml"


def test_names_of_an_invalid_file_are_known() -> None:
    text = HEAD + "  a_{n}: {numbers: [1, 2], unit: PSI}\n  b: 3\n"
    document = yaml_document.read("vocabulary/x.yaml", text.encode())
    assert list(vocabulary_references.term_names(document)) == ["a_1", "a_2", "b"]
    empty = yaml_document.read("vocabulary/x.yaml", b"terms: 1\n")
    assert list(vocabulary_references.term_names(empty)) == []
