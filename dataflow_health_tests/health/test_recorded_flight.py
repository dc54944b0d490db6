from datetime import timedelta

from dataflow_health.health.recorded_flight import RecordedFlight, UnreadItem
from dataflow_health_tests.factories import NOON


def test_a_recording_lasts_from_its_start_to_its_end_and_an_unread_item_says_where_it_is() -> None:
    ended_at = NOON + timedelta(minutes=2)
    flight = RecordedFlight("a", "HB-ZAA", "unknown", 0, 0, NOON, ended_at, ended_at)
    assert flight.duration_s == 120
    assert str(UnreadItem("a" * 64, "in work at parse", None, NOON)) == (
        "aaaaaaaaaaaa is in work at parse"
    )
