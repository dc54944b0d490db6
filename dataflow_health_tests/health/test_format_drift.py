from datetime import timedelta

import pytest

from dataflow_health.health.format_drift import (
    FormatChange,
    compared_formats,
    find_format_changes,
)
from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health_tests.factories import NOON

FORMATS = {
    "usual": {"oil": [1.0, "psi", 0, 100], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "without": {"oil": [1.0, "psi", 0, 100], "gps": [1.0, "", None, None]},
    "slow": {"oil": [1.0, "psi", 0, 100], "ng": [2.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "bar": {"oil": [1.0, "bar", 0, 7], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "jitter": {
        "oil": [1.0, "psi", 0, 100], "ng": [4.9, "%", 0, 110], "gps": [1.0, "", None, None],
    },
    "more": {
        "oil": [1.0, "psi", 0, 100], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None],
        "nr": [1.0, "%", 0, 120],
    },
}  # fmt: skip


def flight(
    day: int,
    format_: str,
    software: str | None = "1",
    *,
    minutes: int = 60,
    recorder: str = "card",
    declared: str = "1",
    arrived: int | None = None,
) -> RecordedFlight:
    """A recording of a day, which arrives on the same one if no other is given."""
    at, arrived_at = (NOON + timedelta(days=each) for each in (day, arrived or day))
    return RecordedFlight(
        f"{day}", "HB-ZAA", "whole_flight", 1, 1, at, at + timedelta(minutes=minutes), arrived_at,
        recorder, format_, software, declared,
    )  # fmt: skip


def changes(*flights: RecordedFlight) -> tuple[FormatChange, ...]:
    return find_format_changes(flights, FORMATS)


USUAL = [flight(day, "usual") for day in range(3)]


@pytest.mark.parametrize(
    ("format_", "found"),
    [
        ("without", "vanished: ng"),
        ("slow", "rate: ng 4 -> 2 Hz"),
        ("bar", "range: oil 0 to 100 psi -> 0 to 7 bar"),
    ],
)
def test_what_vanished_or_changed_is_named_once_with_the_software(format_: str, found: str) -> None:
    new = [flight(day, format_, "2") for day in (3, 4, 5)]
    (change,) = changes(*new, *USUAL)
    assert str(change) == f"2026-11-23 12:00Z card: software 1 -> 2; {found}"
    assert change.recording_id == "3"
    (change,) = changes(*USUAL, flight(3, format_))
    assert str(change) == f"2026-11-23 12:00Z card: {found}"


def test_one_earlier_recording_is_enough_for_new_software_only() -> None:
    assert changes(USUAL[0], flight(3, "without")) == ()
    assert len(changes(USUAL[0], flight(3, "without", "2"))) == 1


def test_what_comes_and_goes_or_only_comes_is_no_drift() -> None:
    names = ("usual", "without", "usual", "without", "usual", "without")
    assert changes(*(flight(day, name) for day, name in enumerate(names))) == ()
    assert changes(*USUAL, flight(3, "more")) == ()


def test_short_recordings_other_recorders_and_unknown_formats_are_not_compared() -> None:
    short, other = flight(3, "without", minutes=4), flight(3, "without", recorder="other")
    assert changes(*USUAL, short, other, flight(4, "")) == ()


def test_only_formats_of_recorders_with_several_are_read() -> None:
    assert compared_formats(USUAL) == set()
    other = flight(3, "slow", recorder="other")
    assert compared_formats([*USUAL, flight(3, "bar"), other]) == {"usual", "bar"}


def test_a_rate_that_jitters_is_one_rate() -> None:
    assert changes(*USUAL, flight(3, "jitter")) == ()
    mixed = [flight(day, each) for day, each in enumerate(["usual", "jitter", "usual", "jitter"])]
    assert changes(*mixed) == ()
    assert len(changes(*mixed, flight(4, "slow"))) == 1


def test_an_edited_layout_or_mapping_is_no_drift_and_what_follows_is_compared_within_it() -> None:
    edited = [flight(day, "without", declared="2") for day in (3, 4, 5)]
    (change,) = changes(*USUAL, *edited)
    assert change.is_declared
    assert str(change) == (
        "2026-11-23 12:00Z card: layout, mapping or decoder changed, no drift of the recorder: "
        "vanished: ng"
    )
    _, drift = changes(*USUAL, *edited, flight(6, "bar", declared="2"))
    assert (drift.is_declared, drift.ranges) == (False, ("oil 0 to 100 psi -> 0 to 7 bar",))
    again = flight(6, "without", declared="2"), flight(7, "usual", declared="1")
    assert [each.is_declared for each in changes(*USUAL, *edited, *again)] == [True]


def test_a_change_is_known_since_the_first_of_its_recordings_arrived() -> None:
    late = flight(3, "slow", arrived=30)
    (change,) = changes(*USUAL, late)
    assert change.known_at == NOON + timedelta(days=30)
    (change,) = changes(*USUAL, late, flight(4, "slow"))
    assert (change.at, change.known_at) == (late.started_at, NOON + timedelta(days=4))
