from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataflow_health.errors import SourceUnreachable
from dataflow_health.monitoring import departure_schedule
from dataflow_health_tests.factories import NOON


def test_a_file_that_is_no_schedule_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    with pytest.raises(SourceUnreachable, match="cannot be read"):
        departure_schedule.read(str(path))
    path.write_text("aircraft,when\nHB-ZAA,now\n")
    with pytest.raises(SourceUnreachable, match="columns aircraft, when; it needs tail"):
        departure_schedule.read(str(path))
    path.write_text("tail,departs_at\nHB-ZAA,soon\n")
    with pytest.raises(SourceUnreachable, match="line 2"):
        departure_schedule.read(str(path))


def test_a_departure_without_zone_is_utc_and_past_ones_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    path.write_text("tail,departs_at\nHB-ZAA,2026-11-20T11:00\nHB-ZAA,2026-11-20T14:00\n")
    assert departure_schedule.next_departures(departure_schedule.read(str(path)), NOON) == {
        "HB-ZAA": datetime(2026, 11, 20, 14, tzinfo=UTC)
    }
