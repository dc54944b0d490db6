"""Observations, evidence and counts."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from dataflow_health.health.observation import Counts, Evidence, StageCounts, add_up
from dataflow_health_tests.health.factories import DAY, NOON, make_counts, make_observation

SECOND = timedelta(seconds=1)


def test_an_observation_cannot_start_after_its_own_time():
    assert make_observation("first", "good", since_at=NOON).since_at == NOON
    with pytest.raises(ValidationError, match="is after at"):
        make_observation("first", "good", since_at=NOON + SECOND)


def test_an_observation_covers_data_until_its_time_unless_it_says_otherwise():
    assert make_observation("first", "good").covers_data_until == NOON
    older = make_observation("first", "good", data_through_at=NOON - SECOND)
    assert older.covers_data_until == NOON - SECOND


def test_times_need_a_time_zone():
    with pytest.raises(ValidationError, match="timezone"):
        make_observation("first", "good", at=NOON.replace(tzinfo=None))


def test_evidence_counts_one_occurrence_unless_it_says_otherwise():
    assert Evidence().count == 1
    with pytest.raises(ValidationError):
        Evidence(count=-1)


def test_items_in_no_state_are_unaccounted_for():
    counts = Counts(incoming=20, done=5, quarantined=4, written_off=3, in_flight=2, duplicate=1)
    assert (counts.unaccounted, counts.balances) == (5, False)
    balanced = counts.model_copy(update={"incoming": 15})
    assert (balanced.unaccounted, balanced.balances) == (0, True)
    assert Counts(incoming=1, done=2).unaccounted == -1


def test_counts_are_added_field_by_field():
    first = Counts(incoming=1, done=2, quarantined=3, written_off=4, in_flight=5, duplicate=6)
    second = make_counts("parse", incoming=10, in_flight=20)
    assert add_up([first, second]) == Counts(
        incoming=11, done=2, quarantined=3, written_off=4, in_flight=25, duplicate=6
    )
    assert add_up([]) == Counts()


def test_stage_counts_are_about_one_stage_and_day():
    counts = make_counts("parse")
    assert isinstance(counts, StageCounts)
    assert (counts.process, counts.arrival_day, counts.running, counts.data_at) == (
        "parse", DAY, 0, None,
    )  # fmt: skip
