"""The shipped algorithms: worked examples, sources, and symmetry between engines."""

from pathlib import Path

import pytest

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.flight.algorithms.algorithm import run_examples
from dataflow_health.flight.algorithms.example import ExpectedNotApplicable
from dataflow_health_tests.flight.algorithms.flights import read_algorithm

FOLDER = BUILTIN_FOLDER / "algorithms"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
ALGORITHMS = {name: read_algorithm(path) for name, path in FILES.items()}

each_algorithm = pytest.mark.parametrize("name", FILES)


@each_algorithm
def test_worked_examples_give_their_expected_results(name: str) -> None:
    assert run_examples(name, ALGORITHMS[name]) == []


@each_algorithm
def test_one_example_has_a_finding_and_another_has_none(name: str) -> None:
    expected = [example.expect for example in ALGORITHMS[name].examples]
    assert any(isinstance(found, tuple) and found for found in expected)
    assert any(found == () for found in expected)


@each_algorithm
def test_the_source_of_a_limit_says_that_it_is_no_airworthiness_limit(name: str) -> None:
    algorithm = ALGORITHMS[name]
    if algorithm.severity == "info":
        assert "not a limit" in algorithm.source
    else:
        assert algorithm.source.startswith(
            "Generic default, set per type by the operator; not an airworthiness limit."
        )


@each_algorithm
def test_both_engines_and_systems_have_the_same_algorithm(name: str) -> None:
    for one, other in (("_1_", "_2_"), ("engine_1", "engine_2")):
        if one not in name:
            continue
        twin = FILES[name.replace(one, other)].read_text()
        mine = FILES[name].read_text()
        for noun in ("engine", "Engine", "hydraulic", "generator", "Generator", "system"):
            mine = mine.replace(f"{noun}_1", f"{noun}_2").replace(f"{noun} 1", f"{noun} 2")
        assert mine == twin


def test_no_two_algorithms_are_the_same() -> None:
    assert len({algorithm.version for algorithm in ALGORITHMS.values()}) == len(ALGORITHMS)


def test_every_kind_except_python_is_used() -> None:
    assert {algorithm.kind for algorithm in ALGORITHMS.values()} == {
        "exceedance", "peak", "rate_of_change", "time_in_band", "disagreement", "stuck",
    }  # fmt: skip


def test_examples_name_only_parameters_that_the_algorithm_reads() -> None:
    for name, algorithm in ALGORITHMS.items():
        for example in algorithm.examples:
            if not isinstance(example.expect, ExpectedNotApplicable):
                assert set(example.given) <= algorithm.parameter_names, name


def test_changing_a_limit_by_one_makes_an_example_fail(tmp_path: Path) -> None:
    text = FILES["rotor_speed_low"].read_text().replace("< 95", "< 94")
    changed = tmp_path / "rotor_speed_low.yaml"
    changed.write_text(text)
    assert run_examples("rotor_speed_low", read_algorithm(changed)) == [
        "example 1: expected 1 to 3 s (peak 93.5), found nothing"
    ]
