from datetime import timedelta

from dataflow_health.health.flight_breaks import FlightBreak, to_seconds
from dataflow_health_tests.factories import NOON


def test_a_break_is_a_sentence_with_its_length_where_it_is_known() -> None:
    known = FlightBreak(after="a" * 64, before="b" * 64, at=NOON, missing_s=90)
    ends = "aaaaaaaaaaaa ends in the air, bbbbbbbbbbbb begins in the air"
    assert str(known) == f"2026-11-20 12:00Z: {ends}, missing time in the air: 1 min 30 s"
    assert (known.missing, to_seconds(known.missing)) == (timedelta(seconds=90), 90)
    landed = FlightBreak(before="b" * 64, at=NOON)
    assert str(landed).endswith("bbbbbbbbbbbb begins in the air, missing time in the air: unknown")
