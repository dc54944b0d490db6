from datetime import timedelta

import pytest

from dataflow_health.health.duration import format_duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (0.12345, "0.123 s"),
        (-0.5, "-0.5 s"),
        (1.5, "1 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (86400 + 7200, "1 d 2 h"),
        (86400 + 7200 + 180, "1 d 2 h"),
        (86400 + 180, "1 d 3 min"),
        (-5, "-5 s"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text
