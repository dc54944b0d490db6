from datetime import UTC, datetime, timedelta

from dataflow_health.clock import utc_now


def test_the_current_time_is_in_utc() -> None:
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(days=1)
