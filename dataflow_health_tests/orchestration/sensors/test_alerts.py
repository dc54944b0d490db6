"""The sensor of on call in Dagster: its ticks, its cursor, its ping, and a long event log."""

import time

import dagster as dg
import pytest
from sqlalchemy import Connection, create_engine, inspect, make_url, text

from dataflow_health import settings, wiring
from dataflow_health.clock import utc_now
from dataflow_health.health.observation import Observation
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import alerts
from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests.alerting.alert_scene import make_evidence
from dataflow_health_tests.alerting.alert_servers import web_server
from dataflow_health_tests.factories import DAY

pytestmark = pytest.mark.slow

EVENTS = 100_000
TICK_S = 1.0


@pytest.fixture
def home(tmp_path, database_url, monkeypatch):
    """A home with a red check, for this process."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", database_url)
    opened, connect = [], database.connect
    monkeypatch.setattr(
        database, "connect", lambda *words: opened.append(connect(*words)) or opened[-1]
    )
    deps = wiring.dependencies(settings.load())
    red = Observation.model_validate(
        {
            "process": "parse", "check": "frames_in_sync", "outcome": "failed",
            "at": utc_now(), "arrival_day": DAY, "evidence": [make_evidence(1)],
        }
    )  # fmt: skip
    observations.save(deps.engine, [red])
    yield tmp_path
    wiring.dependencies.cache_clear()
    for engine in opened:
        engine.dispose()


def tick(cursor=None, instance=None):
    sensor = alerts.sensor(factories.catalogue())
    with dg.build_sensor_context(cursor=cursor, instance=instance) as context:
        return sensor(context, pipeline=PipelineResource())


def test_a_tick_sends_messages_and_starts_no_run(home, monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_ON_CALL", server.url)
        first = tick()
        again = tick(first.cursor)
    assert first.run_requests in (None, [])
    assert "incidents changed: 1" in first.skip_reason.skip_message
    assert "incidents changed: 0" in again.skip_reason.skip_message
    assert sum("parse: no_sync" in title for title in server.titles) == 1


def test_a_tick_without_any_channel_still_keeps_the_incident(home):
    assert "incidents changed: 1; messages sent: 0" in tick().skip_reason.skip_message


LINK = "describes: A link.\nexternal: true\nchecks:\n  - {kind: file_exists, path: /gone}\n"


def test_a_process_saved_after_dagster_loaded_its_definitions_has_incidents_too(home, monkeypatch):
    sensor = alerts.sensor(factories.catalogue())
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(home / "own"))
    saved = home / "own" / "processes" / "link.yaml"
    saved.parent.mkdir(parents=True)
    engine = wiring.dependencies(settings.load()).engine

    def changed_after(yaml):
        """What a tick does about two failures of the link, which open an incident."""
        saved.write_text(yaml)
        down = {"process": "link", "check": "file_exists", "outcome": "failed", "at": utc_now()}
        observations.save(engine, [Observation(**down)])
        with dg.build_sensor_context() as context:
            result = sensor(context, pipeline=PipelineResource())
        return result.skip_reason.skip_message.partition(";")[0].removeprefix("incidents changed: ")

    assert [changed_after(LINK), changed_after(LINK)] == ["1", "1"]
    assert changed_after("describes: [") == "0"
    assert changed_after(LINK.replace("file_exists", "disk_free")) == "1"


def test_the_dead_mans_switch_is_asked_once_a_minute(home, monkeypatch):
    with web_server() as server:
        url = f"http://127.0.0.1:{server.server_port}/ping"
        monkeypatch.setenv("DATAFLOW_HEALTH_PING_URL", url)
        cursor = tick().cursor
        tick(cursor)
        assert server.titles == ["GET /ping"]
        old = alerts.read_cursor(cursor).model_copy(update={"pinged_at_s": time.time() - 61})
        tick(old.model_dump_json())
        assert server.titles == ["GET /ping"] * 2


def test_a_switch_that_is_away_stops_nothing(home, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_PING_URL", "http://127.0.0.1:1/ping")
    assert alerts.read_cursor(tick().cursor).pinged_at_s == 0


def test_a_cursor_of_another_version_is_ignored():
    assert alerts.read_cursor('{"causes": 7}') == alerts.AlertCursor()
    assert alerts.read_cursor("no JSON") == alerts.AlertCursor()
    assert alerts.read_cursor(None) == alerts.AlertCursor()


@pytest.fixture
def long_log(home, database_url):
    """A Dagster instance whose event log is long, on the same kind of database as the ledger."""
    overrides = {}
    if database_url.startswith("postgresql"):
        overrides = {"storage": {"postgres": {"postgres_url": beside(database_url)}}}
    (home / "dagster").mkdir()
    with dg.instance_for_test(overrides=overrides, temp_dir=str(home / "dagster")) as instance:
        evaluation = dg.AssetCheckEvaluation(
            asset_key=STAGE_KEYS["parse"], check_name="frames_in_sync", passed=False, metadata={}
        )
        instance.report_runless_asset_event(evaluation)
        storage = instance.event_log_storage
        with storage.index_connection() as connection:
            assert lengthened(connection, "event_logs") >= EVENTS
            assert lengthened(connection, "asset_check_executions") >= EVENTS
        yield instance


@pytest.mark.timing
def test_a_hundred_thousand_check_evaluations_slow_no_tick(long_log):
    tick(instance=long_log)
    begun = time.perf_counter()
    tick(instance=long_log)
    assert time.perf_counter() - begun < TICK_S


def beside(url: str) -> str:
    """A database of Dagster's own on the same server."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS events WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE events"))
    server.dispose()
    plain = make_url(url).set(drivername="postgresql", database="events")
    return plain.render_as_string(hide_password=False)


def lengthened(connection: Connection, table: str) -> int:
    """One evaluation's rows as many times as there are to be; how many there are then."""
    names = [each["name"] for each in inspect(connection).get_columns(table)]
    columns = ", ".join(name for name in names if name != "id")
    again = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} LIMIT 20000"
    while 0 < count(connection, table) < EVENTS:
        connection.execute(text(again))
    return count(connection, table)


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
