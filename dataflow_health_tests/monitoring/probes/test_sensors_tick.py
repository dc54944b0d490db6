from datetime import timedelta

from dataflow_health.monitoring.dagster_state import DagsterSnapshot, SensorTick
from dataflow_health_tests.monitoring.probes.probing import NOW, probe

CHECK = {"kind": "sensors_tick", "at_most": "PT2M"}
RECENT = SensorTick("arrivals", NOW - timedelta(seconds=5))


def test_sensors_that_tick_pass() -> None:
    result = probe(CHECK, dagster=DagsterSnapshot({}, [RECENT]))
    assert (result.outcome, result.detail) == (
        "passed",
        "sensors late, failing or off (0) of 1 = 0",
    )


def test_late_failing_and_silent_sensors_are_named() -> None:
    ticks = [
        RECENT,
        SensorTick("alerts", NOW - timedelta(minutes=3)),
        SensorTick("overview", NOW, failed=True),
        SensorTick("live_checks", None),
    ]
    result = probe(CHECK, dagster=DagsterSnapshot({}, ticks))
    assert result.outcome == "failed"
    assert result.detail == (
        "sensors late, failing or off (3: alerts (3 min), overview (failed), live_checks (never))"
        " of 4 = 0"
    )


def test_without_a_running_sensor_or_an_instance_the_check_is_unknown() -> None:
    assert probe(CHECK, dagster=DagsterSnapshot({})).outcome == "unknown"
    assert probe(CHECK).outcome == "unknown"


def test_a_required_sensor_that_is_switched_off_fails_and_another_does_not_count() -> None:
    off = [SensorTick(name, NOW, is_running=False) for name in ("alerts", "removed")]
    state = DagsterSnapshot({}, [RECENT, *off])
    result = probe(CHECK | {"required": ["alerts", "arrivals"]}, dagster=state)
    assert (result.outcome, result.detail) == (
        "failed", "sensors late, failing or off (1: alerts (switched off)) of 2 = 0",
    )  # fmt: skip
    assert probe(CHECK, dagster=state).outcome == "passed"
