"""The sensor of on call in Dagster: its ticks, its cursor, its ping, and a long event log."""

import sqlite3
import time
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import settings
from dataflow_health.health.observation import Observation
from dataflow_health.orchestration import alert_sensors, outage, wiring
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.stage import KEYS
from dataflow_health.storage import observations
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.orchestration.posting import card, web_server

EVENTS = 100_000
TICK_S = 1.0


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a red check, for this process."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    ports = wiring.ports(settings.load())
    red = Observation.model_validate(
        {
            "process": "parse", "check": "frames_in_sync", "outcome": "failed",
            "at": wiring.utc_now(), "arrival_day": DAY, "cards": [card(1)],
        }
    )  # fmt: skip
    observations.save(ports.engine, [red])
    yield tmp_path
    wiring.ports.cache_clear()
    ports.engine.dispose()


def tick(cursor=None, instance=None):
    sensor = alert_sensors.sensor(factories.catalogue())
    with dg.build_sensor_context(cursor=cursor, instance=instance) as context:
        return sensor(context, pipeline=PipelineResource())


def test_a_tick_tells_and_starts_no_run(home, monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_ON_CALL", server.url)
        first = tick()
        again = tick(first.cursor)
    assert first.run_requests in (None, [])
    assert "1 incidents changed" in first.skip_reason.skip_message
    assert "0 incidents changed" in again.skip_reason.skip_message
    assert sum("parse: no_sync" in title for title in server.titles) == 1


def test_a_tick_without_any_channel_still_keeps_the_incident(home):
    assert "1 incidents changed, 0 messages sent" in tick().skip_reason.skip_message


def test_the_dead_mans_switch_is_asked_once_a_minute(home, monkeypatch):
    with web_server() as server:
        url = f"http://127.0.0.1:{server.server_port}/ping"
        monkeypatch.setenv("DATAFLOW_HEALTH_PING_URL", url)
        cursor = tick().cursor
        tick(cursor)
        assert server.titles == ["GET /ping"]
        old = outage.read(cursor).model_copy(update={"pinged_at_s": time.time() - 61})
        tick(old.model_dump_json())
        assert server.titles == ["GET /ping"] * 2


def test_a_switch_that_is_away_stops_nothing(home, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_PING_URL", "http://127.0.0.1:1/ping")
    assert outage.read(tick().cursor).pinged_at_s == 0


@pytest.mark.soak
def test_a_hundred_thousand_check_evaluations_slow_no_tick(home):
    (home / "dagster").mkdir()
    with dg.instance_for_test(temp_dir=str(home / "dagster")) as instance:
        evaluation = dg.AssetCheckEvaluation(
            asset_key=KEYS["parse"], check_name="frames_in_sync", passed=False, metadata={}
        )
        instance.report_runless_asset_event(evaluation)
        assert multiplied(home / "dagster") >= EVENTS
        tick(instance=instance)
        begun = time.perf_counter()
        tick(instance=instance)
        assert time.perf_counter() - begun < TICK_S


def multiplied(folder: Path) -> int:
    """One evaluation's rows as many times as there are to be; how many there are then."""
    rows = 0
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            for table in {"event_logs", "asset_check_executions"} & tables:
                names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                columns = ", ".join(name for name in names if name != "id")
                while 0 < count(connection, table) < EVENTS:
                    connection.execute(
                        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 20000"
                    )
                rows = max(rows, count(connection, table))
        connection.close()
    return rows


def count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
