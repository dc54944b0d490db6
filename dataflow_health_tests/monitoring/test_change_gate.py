from datetime import timedelta

import pytest

from dataflow_health.monitoring import change_gate
from dataflow_health_tests.factories import NOON

HOUR = timedelta(hours=1)
WRITTEN = ("a", NOON.timestamp())


def is_due(current: str, age: timedelta, at_most_every: timedelta = timedelta(0)) -> bool:
    return change_gate.is_due(
        WRITTEN, current, NOON + age, repeat_after=HOUR, at_most_every=at_most_every
    )


def test_a_value_that_was_never_written_is_due() -> None:
    assert change_gate.is_due(change_gate.NEVER, "a", NOON, repeat_after=HOUR)


def test_a_changed_value_is_due_at_once_and_an_unchanged_one_later() -> None:
    assert is_due("b", timedelta(0))
    assert not is_due("a", HOUR - timedelta(seconds=1))
    assert is_due("a", HOUR)


def test_a_value_from_before_the_clock_was_set_back_is_written_again() -> None:
    assert is_due("a", -HOUR)
    assert is_due("b", -HOUR)


def test_a_value_that_changes_often_waits_its_time() -> None:
    minute = timedelta(minutes=1)
    assert not is_due("b", minute - timedelta(seconds=1), at_most_every=minute)
    assert is_due("b", minute, at_most_every=minute)


def test_a_fingerprint_differs_with_the_value_only() -> None:
    assert change_gate.fingerprint(["a", 1]) == change_gate.fingerprint(["a", 1])
    assert change_gate.fingerprint(["a", 1]) != change_gate.fingerprint(["a", 2])
    assert len(change_gate.fingerprint(None)) == 16


@pytest.mark.parametrize("cursor", [None, "", "not json", "[1]", '{"a": 1}', '{"a": ["x", "y"]}'])
def test_a_cursor_of_another_version_is_forgotten(cursor: str | None) -> None:
    assert change_gate.read(cursor) == {}


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert change_gate.read('{"spark.a": ["passed", 1.5]}') == {"spark.a": ("passed", 1.5)}
