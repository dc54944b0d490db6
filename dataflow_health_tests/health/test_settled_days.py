from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.health import settled_days
from dataflow_health.health.check import STEP
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Counts, Observation, StageCounts
from dataflow_health.health.settled_days import SETTLED_AFTER, CheckPart, SettledDays
from dataflow_health.health.status import Status
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    ago,
    asset_check,
    make_counts,
    make_observation,
    make_process,
)

GOOD = ("good", "")
LATER = NOON + SETTLED_AFTER
PIPELINE = Pipeline({"parse": make_process(checks=[asset_check("good")])})
DAYS = [DAY - timedelta(days=number) for number in range(4)]


def passed(**given: Any) -> dict[CheckPart, Observation]:
    return {GOOD: make_observation("parse", "good", arrival_day=DAY, **given)}


@pytest.mark.parametrize(
    ("counts", "results", "settled"),
    [
        ({"incoming": 2, "done": 2, "data_at": ago(minutes=5)}, {}, True),
        ({"incoming": 2, "done": 2, "data_at": NOON + timedelta(minutes=1)}, {}, False),
        ({"incoming": 2, "done": 1, "written_off": 1}, {}, True),
        ({"incoming": 2, "done": 1}, {}, False),
        ({"incoming": 2, "done": 1, "in_flight": 1}, {}, False),
        ({"incoming": 2, "done": 1, "quarantined": 1}, {}, False),
        ({}, {"outcome": "failed"}, False),
        ({}, {"outcome": "running"}, False),
        ({}, {"at": NOON + timedelta(seconds=1)}, False),
    ],
)
def test_a_day_is_settled_when_nothing_of_it_needs_attention(
    counts: dict[str, Any], results: dict[str, Any], settled: bool
) -> None:
    counted = make_counts("parse", **counts)
    assert settled_days.is_settled(counted, passed(**results), [GOOD], LATER) is settled


def test_a_day_with_data_needs_every_check_and_a_day_without_does_not() -> None:
    expected = [GOOD, ("whole", "")]
    changed = make_counts("parse", data_at=ago(minutes=5))
    assert not settled_days.is_settled(changed, passed(), expected, LATER)
    assert settled_days.is_settled(make_counts("parse"), passed(), expected, LATER)
    assert settled_days.is_settled(None, passed(), expected, LATER)


def test_the_stage_s_own_run_may_end_before_its_data_is_dated() -> None:
    run = {(STEP, ""): make_observation("parse", STEP, arrival_day=DAY)}
    counts = make_counts("parse", data_at=NOON + timedelta(minutes=1))
    assert settled_days.is_settled(counts, run, [], LATER)


def test_a_sum_has_the_newest_of_its_days_and_all_their_counts() -> None:
    days = [passed(since_at=ago(hours=number), detail=str(number)) for number in range(3)]
    counts = [make_counts("parse", incoming=2, done=2, data_at=ago(hours=n)) for n in range(3)]
    found = settled_days.summarise("parse", LATER, counts, days)
    assert found.counts == Counts(incoming=6, done=6)
    assert found.data_at == NOON
    checked = found.of_check("good")
    assert checked
    assert (checked.newest.detail, checked.since) == ("2", NOON)
    assert found.of_check("whole") is None
    assert found.of_part("algorithm").checks == {}


RESULTS = st.builds(
    lambda minutes, since, link: passed(
        at=NOON + timedelta(minutes=minutes), since_at=ago(minutes=since), link=link
    ),
    st.integers(-90, 0), st.integers(90, 300), st.sampled_from(["", "/a", "/b"]),
)  # fmt: skip
COUNTS = st.builds(
    lambda done, minutes: make_counts(
        "parse", incoming=done, done=done, data_at=ago(minutes=90 + minutes)
    ),
    st.integers(0, 3), st.integers(0, 90),
)  # fmt: skip


@pytest.mark.slow
@given(
    days=st.lists(st.tuples(COUNTS, RESULTS), min_size=1, max_size=4), summed=st.integers(1, 4),
    split=st.integers(0, 4),
)  # fmt: skip
@settings(max_examples=100)
def test_a_report_made_from_sums_is_the_one_made_from_days(
    days: list[tuple[StageCounts, dict[CheckPart, Observation]]], summed: int, split: int
) -> None:
    placed = [_on(day, *found) for day, found in zip(DAYS, days, strict=False)]
    parts = [part for part in (placed[:summed][:split], placed[:summed][split:]) if part]
    sums: list[SettledDays] = []
    for part in parts:
        counts, results = zip(*part, strict=True)
        found = settled_days.summarise("parse", LATER, counts, results)
        sums = [settled_days.add(sums[0], found)] if sums else [found]
    rest = [each for counts, results in placed[summed:] for each in (counts, *results.values())]
    whole = [each for counts, results in placed for each in (counts, *results.values())]
    report = evaluate(PIPELINE, [*sums, *rest], LATER)
    assert report == evaluate(PIPELINE, whole, LATER)
    assert report.status is Status.HEALTHY


def _on(
    day: date, counts: StageCounts, results: dict[CheckPart, Observation]
) -> tuple[StageCounts, dict[CheckPart, Observation]]:
    moved = {key: each.model_copy(update={"arrival_day": day}) for key, each in results.items()}
    return counts.model_copy(update={"arrival_day": day, "at": LATER}), moved
