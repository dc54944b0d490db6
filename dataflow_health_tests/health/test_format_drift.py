from datetime import timedelta

import pytest

from dataflow_health.health.continuity import RecordedFlight
from dataflow_health.health.format_drift import (
    FormatChange,
    compared_formats,
    find_format_changes,
)
from dataflow_health_tests.factories import NOON

FORMATS = {
    "usual": {"oil": [1.0, "psi", 0, 100], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "without": {"oil": [1.0, "psi", 0, 100], "gps": [1.0, "", None, None]},
    "slow": {"oil": [1.0, "psi", 0, 100], "ng": [2.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "bar": {"oil": [1.0, "bar", 0, 7], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None]},
    "more": {
        "oil": [1.0, "psi", 0, 100], "ng": [4.0, "%", 0, 110], "gps": [1.0, "", None, None],
        "nr": [1.0, "%", 0, 120],
    },
}  # fmt: skip


def flight(
    day: int, format_: str, software: str | None = "1", *, minutes: int = 60, recorder: str = "card"
) -> RecordedFlight:
    at = NOON + timedelta(days=day)
    return RecordedFlight(
        f"{day}", "HB-ZAA", "whole_flight", 1, 1, at, at + timedelta(minutes=minutes), recorder,
        format_, software,
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
