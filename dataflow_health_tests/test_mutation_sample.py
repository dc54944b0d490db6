import json
from pathlib import Path

import pytest

from benchmarks.mutation_sample import mutants_of_room, results_of, sample, score_interval

NAMES = [f"dataflow_health.health.status.x_worst__mutmut_{number}" for number in range(40)]


def test_the_mutants_of_a_room_are_read_from_the_files_of_mutmut(tmp_path: Path) -> None:
    other = "dataflow_health.flight.layout.x_read__mutmut_1"
    for file, names in {"health/status": NAMES, "flight/layout": [other]}.items():
        meta = tmp_path / f"{file}.py.meta"
        meta.parent.mkdir()
        meta.write_text(json.dumps({"exit_code_by_key": dict.fromkeys(names)}))
    assert mutants_of_room(tmp_path, "health") == sorted(NAMES)
    assert mutants_of_room(tmp_path, "flight.layout") == [other]


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    chosen = sample(NAMES, 10, seed=1)
    assert chosen == sample(NAMES, 10, seed=1)
    assert chosen != sample(NAMES, 10, seed=2)
    assert len(set(chosen) & set(NAMES)) == 10


@pytest.mark.parametrize("size", [None, 40, 41])
def test_without_a_smaller_size_all_mutants_are_run(size: int | None) -> None:
    assert sample(NAMES, size, seed=1) == NAMES


def test_the_interval_is_that_of_wilson_for_a_room_much_larger_than_the_sample() -> None:
    # Brown, Cai, DasGupta (2001), Interval Estimation for a Binomial Proportion, formula 4.
    low, high = score_interval(90, 100, total=10**9)
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)


def test_the_interval_shrinks_to_the_score_when_every_mutant_is_run() -> None:
    assert score_interval(90, 100, total=100) == (0.9, 0.9)
    low, high = score_interval(90, 100, total=200)
    wide_low, wide_high = score_interval(90, 100, total=2000)
    assert wide_low < low < 0.9 < high < wide_high


def test_a_mutant_that_mutmut_did_not_run_is_not_counted_as_killed() -> None:
    listing = f"    {NAMES[0]}: killed\n    {NAMES[1]}: no tests\n"
    assert results_of(NAMES[:3], listing) == {
        NAMES[0]: "killed", NAMES[1]: "no tests", NAMES[2]: "not checked",
    }  # fmt: skip
