from dataflow_health.monitoring.dagster_state import DagsterSnapshot, DagsterState, SensorTick
from dataflow_health_tests.factories import NOON


def test_a_snapshot_is_a_state() -> None:
    tick = SensorTick("arrivals", NOON)
    state: DagsterState = DagsterSnapshot({"SENSOR": NOON}, [tick])
    assert state.daemon_heartbeats() == {"SENSOR": NOON}
    assert state.sensor_ticks() == [tick]
