import socket
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.health.observation import Observation, Outcome
from dataflow_health.monitoring import change_gate
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import live_checks
from dataflow_health.settings import Settings
from dataflow_health.storage.records import observations
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.waiting import wait_until

HANGS = """\
describes: A host that takes the connection and then says nothing.
external: true
before: [download]
checks:
  - {kind: tcp_answers, address: "127.0.0.1:PORT", expects: hello, within: PT30S, every: PT30S}
"""
RAISES = """\
describes: An operator's own check that breaks.
external: true
before: [download]
checks:
  - {kind: python, entry_point: "dataflow_health_tests.orchestration.operators:breaks"}
"""
ALL_PASSED = dict.fromkeys(("landing_folder", "lake_disk", "spark", "results_database"), True)


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def observation(check: str, outcome: Outcome = "passed", at_s: float = 0) -> Observation:
    at = NOON + timedelta(seconds=at_s)
    return Observation(process="spark", check=check, outcome=outcome, at=at)


def tick(
    sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None
) -> tuple[dict[str, dg.AssetCheckEvaluation], str | None]:
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, resources={"pipeline": PipelineResource()}
    )
    result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    written = [e for e in result.asset_events if isinstance(e, dg.AssetCheckEvaluation)]
    assert len(written) == len(result.asset_events)
    return {each.asset_key.path[-1]: each for each in written}, result.cursor


def tick_until(
    sensor: dg.SensorDefinition,
    instance: dg.DagsterInstance,
    passed: Mapping[str, bool],
    cursor: str | None = None,
) -> tuple[dict[str, dg.AssetCheckEvaluation], str | None]:
    """Ticks until processes were written so: a busy machine may need more than one tick."""
    found: dict[str, dg.AssetCheckEvaluation] = {}

    def is_written() -> bool:
        nonlocal cursor
        more, cursor = tick(sensor, instance, cursor)
        found.update(more)
        written = {name: each.passed for name, each in found.items()}
        return passed.items() <= written.items()

    wait_until(is_written)
    return found, cursor


def test_every_result_is_written_once_and_saved_for_the_other_faces(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    sensor = live_checks.sensor(wiring.catalogue(chosen))
    found, cursor = tick_until(sensor, instance, ALL_PASSED)
    saved = {
        each.process: each.outcome for each in observations.read(wiring.dependencies(chosen).engine)
    }
    assert [saved[name] for name in ALL_PASSED] == ["passed"] * 4
    assert "dagster_daemon" not in found
    assert saved["dagster_daemon"] == "unknown"
    again, _ = tick(sensor, instance, cursor)
    assert not set(ALL_PASSED) & set(again)


def test_what_breaks_between_two_ticks_is_written_at_the_second(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    sensor = live_checks.sensor(wiring.catalogue(chosen))
    _, cursor = tick_until(sensor, instance, ALL_PASSED)
    Path(chosen.source_url).rename(chosen.home / "elsewhere")
    time.sleep(2.1)  # a result is used again for two seconds
    found, _ = tick_until(sensor, instance, {"landing_folder": False}, cursor)
    known = {name: each.passed for name, each in found.items() if name != "overview"}
    assert known == {"landing_folder": False}


@pytest.mark.timing
def test_a_hung_probe_delays_neither_the_tick_nor_the_others(
    chosen: Settings, instance: dg.DagsterInstance, silent_port: int
) -> None:
    assert chosen.config is not None
    path = chosen.config / "processes" / "hangs.yaml"
    path.write_text(HANGS.replace("PORT", str(silent_port)))
    sensor = live_checks.sensor(wiring.catalogue(chosen))
    begun = time.monotonic()
    written, _ = tick(sensor, instance)
    assert time.monotonic() - begun < 2 * live_checks.WAIT_S + 1
    assert "hangs" not in written
    assert written["landing_folder"].passed


def test_a_probe_that_raises_is_a_failed_check_with_a_clean_message(
    chosen: Settings, instance: dg.DagsterInstance
) -> None:
    assert chosen.config is not None
    (chosen.config / "processes" / "mine.yaml").write_text(RAISES)
    written, _ = tick(live_checks.sensor(wiring.catalogue(chosen)), instance)
    assert not written["mine"].passed
    assert written["mine"].description == "ZeroDivisionError: the operator's own fault"


def test_a_database_that_is_away_is_written_and_stops_no_tick(
    chosen: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "postgresql://reader:s3cret@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", away)
    sensor = live_checks.sensor(wiring.catalogue(chosen))
    written, cursor = tick(sensor, instance)
    assert written["landing_folder"].passed
    for _ in range(5):  # its driver may be imported for longer than a tick waits
        if "results_database" not in written:
            more, cursor = tick(sensor, instance, cursor)
            written |= more
    assert not written["results_database"].passed
    assert "s3cret" not in str(written)


def test_an_answer_is_due_when_it_changes_and_after_an_hour() -> None:
    written = {"spark.a": ("passed", NOON.timestamp())}
    hour = live_checks.REPEAT_AFTER
    same, changed = observation("a", at_s=59), observation("a", "failed", 1)
    assert live_checks.due([same], written, NOON + hour - timedelta(seconds=1), {}) == []
    assert live_checks.due([same], written, NOON + hour, {}) == [same]
    assert live_checks.due([changed], written, NOON + timedelta(seconds=1), {}) == [changed]
    assert live_checks.due([observation("b", "unknown")], written, NOON, {}) == []


def test_a_result_is_due_again_after_its_asset_was_materialised() -> None:
    written = {"spark.a": ("passed", NOON.timestamp())}
    same, now = observation("a", at_s=59), NOON + timedelta(minutes=1)
    assert live_checks.due([same], written, now, {"spark": NOON}) == [same]
    assert live_checks.due([same], written, now, {"spark": NOON - timedelta(seconds=1)}) == []


def test_the_cursor_comes_back_as_it_went() -> None:
    cursor = live_checks.write_cursor({}, [observation("a"), observation("b", "failed")])
    at_s = NOON.timestamp()
    assert change_gate.read(cursor) == {
        "spark.a": ("passed", at_s), "spark.b": ("failed", at_s),
    }  # fmt: skip
