"""Every algorithm that is shipped, held to its worked examples and to what is promised of all."""

from pathlib import Path

import pytest

from dataflow_health.config.catalogue import builtin_folder
from dataflow_health.flight.algorithms.algorithm import run_examples
from dataflow_health.flight.algorithms.example import ExpectedNotApplicable
from dataflow_health_tests.flight.algorithms.flights import read_algorithm

FOLDER = builtin_folder() / "algorithms"
FILES = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
ALGORITHMS = {name: read_algorithm(path) for name, path in FILES.items()}

every = pytest.mark.parametrize("name", FILES)


@every
def test_its_worked_examples_come_out_as_they_say(name: str) -> None:
    assert run_examples(name, ALGORITHMS[name]) == []


@every
def test_one_example_finds_and_another_does_not(name: str) -> None:
    expected = [example.expect for example in ALGORITHMS[name].examples]
    assert any(isinstance(found, tuple) and found for found in expected)
    assert any(found == () for found in expected)


@every
def test_a_limit_says_what_it_is_and_what_it_is_not(name: str) -> None:
    algorithm = ALGORITHMS[name]
    if algorithm.severity == "info":
        assert "not a limit" in algorithm.source
    else:
        assert algorithm.source.startswith(
            "Generic default, set per type by the operator; not an airworthiness limit."
        )


@every
def test_the_two_engines_and_systems_have_the_same_algorithm(name: str) -> None:
    for one, other in (("_1_", "_2_"), ("engine_1", "engine_2")):
        if one not in name:
            continue
        twin = FILES[name.replace(one, other)].read_text()
        mine = FILES[name].read_text()
        for what in ("engine", "Engine", "hydraulic", "generator", "Generator", "system"):
            mine = mine.replace(f"{what}_1", f"{what}_2").replace(f"{what} 1", f"{what} 2")
        assert mine == twin


def test_no_two_algorithms_are_the_same() -> None:
    assert len({algorithm.version for algorithm in ALGORITHMS.values()}) == len(ALGORITHMS)


def test_all_kinds_but_python_are_shown() -> None:
    assert {algorithm.kind for algorithm in ALGORITHMS.values()} == {
        "exceedance", "peak", "rate_of_change", "time_in_band", "disagreement", "stuck",
    }  # fmt: skip


def test_no_parameter_is_named_in_an_example_that_nobody_looks_at() -> None:
    for name, algorithm in ALGORITHMS.items():
        for example in algorithm.examples:
            if not isinstance(example.expect, ExpectedNotApplicable):
                assert set(example.given) <= algorithm.names, name


def test_a_limit_just_met_and_just_passed_part_where_they_should(tmp_path: Path) -> None:
    """A change of one limit in one file shows in its examples."""
    text = FILES["rotor_speed_low"].read_text().replace("< 95", "< 94")
    changed = tmp_path / "rotor_speed_low.yaml"
    changed.write_text(text)
    assert run_examples("rotor_speed_low", read_algorithm(changed)) == [
        "example 1: expected 1 to 3 s (peak 93.5), found nothing"
    ]
