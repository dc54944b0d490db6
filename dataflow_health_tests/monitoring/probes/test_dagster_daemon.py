from datetime import timedelta

from dataflow_health.monitoring.dagster_state import DagsterSnapshot
from dataflow_health_tests.monitoring.probes.probing import NOW, probe


def test_every_daemon_must_have_sent_a_heartbeat_recently() -> None:
    check = {"kind": "dagster_daemon", "at_most": "PT90S"}
    heartbeats = {"SENSOR": NOW - timedelta(seconds=5), "SCHEDULER": NOW - timedelta(seconds=300)}
    dagster = DagsterSnapshot(heartbeats)
    late = probe(check, dagster=dagster)
    assert (late.outcome, late.detail) == (
        "failed",
        "age of heartbeat of SCHEDULER (5 min) <= 1 min 30 s",
    )
    assert probe(check | {"daemons": ["SENSOR"]}, dagster=dagster).outcome == "passed"
    silent = probe(check | {"daemons": ["SENSOR", "ASSET"]}, dagster=dagster)
    assert silent.detail == "no heartbeat ever: ASSET"


def test_without_a_daemon_or_an_instance_the_check_is_unknown() -> None:
    check = {"kind": "dagster_daemon", "at_most": "PT90S"}
    assert probe(check, dagster=DagsterSnapshot({})).outcome == "unknown"
    assert probe(check).outcome == "unknown"
