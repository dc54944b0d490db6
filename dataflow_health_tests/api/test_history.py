from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health.storage.records import status_days
from dataflow_health.storage.records.status_days import StatusDayKey
from dataflow_health_tests import installation as scene
from dataflow_health_tests.installation import NOW


def test_the_last_days_have_their_worst_status_and_its_seconds(installation: Settings) -> None:
    client = scene.client(installation)
    day = NOW.date() - timedelta(days=1)
    seconds = {
        StatusDayKey(day, "load", Status.HEALTHY): 80_000.0,
        StatusDayKey(day, "load", Status.BLOCKED): 120.0,
    }
    status_days.add(client.app.state.monitor.engine, seconds)
    data = client.get("/api/v1/history", params={"days": 3}).json()["data"]
    assert (data["first_day"], data["last_day"]) == ("2026-11-18", "2026-11-20")
    (load,) = (each for each in data["processes"] if each["process"] == "load")
    assert [each["status"] for each in load["days"]] == ["UNKNOWN", "BLOCKED", "UNKNOWN"]
    assert load["days"][1] == {
        "day": "2026-11-19", "status": "BLOCKED", "unknown_s": 6280.0,
        "seconds": {"HEALTHY": 80_000.0, "BLOCKED": 120.0},
    }  # fmt: skip


@pytest.mark.parametrize("days", [0, 367])
def test_more_than_a_year_or_no_day_is_refused(api: TestClient, days: int) -> None:
    assert api.get("/api/v1/history", params={"days": days}).status_code == 422
