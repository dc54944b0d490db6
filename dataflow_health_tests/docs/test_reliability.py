"""The page of attacks, kills and damaged files, and its quick parts again with every change."""

import secrets
import time
from functools import partial
from pathlib import Path
from random import Random

import pytest

from benchmarks import fuzz_corpus
from benchmarks.kill_programs import BEFORE_SPARK, PROGRAMS, SPARK
from benchmarks.reliability import PAGE, attack_section, fuzz_section, kill_section
from benchmarks.reliability_attacks import ATTACKS, Result
from benchmarks.reliability_fuzz import Count, Target, fuzz, targets
from benchmarks.reliability_kills import Tally, choose_kills, measure

TARGETS = tuple(targets())
FUZZED_S = 720.0
"""Time for each kind of file in the soak: two hours for all."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.name)
def test_damaged_files_are_read_or_refused(target: Target, tmp_path: Path) -> None:
    found = fuzz(target, 30, tmp_path)
    assert found.crashes == ()
    assert found.read + found.refused == 30


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.name)
def test_every_kept_file_is_read_or_refused(target: Target, tmp_path: Path) -> None:
    kept = list(fuzz_corpus.kept(target))
    assert kept
    for content in kept:
        assert fuzz_corpus.outcome(target, content, tmp_path)  # another exception ends the test


@pytest.mark.soak
@pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.name)
def test_damaged_files_are_read_or_refused_for_hours(target: Target, tmp_path: Path) -> None:
    until_s = time.monotonic() + FUZZED_S
    while time.monotonic() < until_s:
        seed = secrets.token_hex(8)
        found = fuzz(target, 1_000, tmp_path, seed=seed, keep=partial(fuzz_corpus.keep, target))
        assert found.crashes == (), seed


def test_a_crash_is_counted_with_its_input(tmp_path: Path) -> None:
    target = Target("odd", [b"x"], lambda raw, _folder: int(raw), (OSError,))
    crashed: list[bytes] = []
    found = fuzz(target, 3, tmp_path, keep=crashed.append)
    assert len(crashed) == 3
    assert len(found.crashes) == 3
    assert found.crashes[0].startswith("input 0: ValueError: ")
    assert "crashes 3" in fuzz_section([found])


def test_the_page_says_that_nothing_was_lost_doubled_or_crashed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"{len(ATTACKS)} attacks tried, {len(ATTACKS)} with the expected result." in page
    assert "0,000 inputs fuzzed, crashes 0." in page
    assert "**no**" not in page
    assert page.count(" kills, lost 0, doubled 0.") == len(PROGRAMS)


def test_what_went_wrong_stands_on_the_page() -> None:
    wrong = attack_section([(ATTACKS[0], Result(1, ("accepted",), 1 << 20, 1.0, 1.0))])
    assert wrong.startswith("1 attacks tried, 0 with the expected result.")
    assert "| **no** |" in wrong
    tally = Tally(SPARK.name, "SQLite", 5, 24, 2, 1, 0, 9.0)
    assert "5 kills, lost 2, doubled 1." in kill_section(SPARK, [tally])
    assert "| zip | 1 | 2 | 0 | 1.0 s | 2 ms |" in fuzz_section(
        [Count("zip", 1, 2, (), 1.0, 0.002)]
    )


def test_every_step_of_every_stage_is_the_last_of_a_process() -> None:
    steps = {stage: number + 3 for number, stage in enumerate(BEFORE_SPARK.parts)}
    chosen = {
        each
        for home in range(BEFORE_SPARK.homes)
        for each in choose_kills(BEFORE_SPARK, home, steps, Random(1))
    }
    assert chosen == {(stage, n) for stage, most in steps.items() for n in range(most)} | {
        (stage, most) for stage, most in steps.items()
    }


@pytest.mark.soak
def test_a_hundred_kills_lose_and_double_nothing() -> None:
    for tally in measure(BEFORE_SPARK, homes=10):
        assert (tally.lost, tally.doubled, tally.unbalanced) == (0, 0, 0)
