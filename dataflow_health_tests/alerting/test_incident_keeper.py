"""Incidents that follow the board, over a real ledger."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting.incident_keeper import REST, SETTLES_AFTER, IncidentKeeper
from dataflow_health.alerting.sql_incident_store import INCIDENTS_LOCK
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.storage.sql import locks
from dataflow_health_tests.alerting.alert_scene import PROCESSES, AlertScene, make_evidence

BAD = ("parse", "frames_in_sync", "failed")
SECOND = timedelta(seconds=1)


@pytest.fixture
def scene(engine: Engine) -> AlertScene:
    return AlertScene(engine, "json://127.0.0.1:1")


@pytest.fixture
def keeper(engine: Engine) -> IncidentKeeper:
    declared = SimpleNamespace(current=ProcessConfig(PROCESSES, {}))
    return IncidentKeeper(engine, cast("ConfigReloader", declared))


def follow(scene: AlertScene, keeper: IncidentKeeper, after: timedelta = SECOND) -> bool:
    """Lets the keeper see the board as it is now; whether it looked at the incidents."""
    report = scene.make_report()
    is_due = keeper.is_due(report, scene.now)
    if is_due:
        keeper.update(report, scene.now)
    scene.now += after
    return is_due


def calm(scene: AlertScene, keeper: IncidentKeeper) -> None:
    """Follows a board that does not change until it is looked at seldom."""
    follow(scene, keeper, SETTLES_AFTER + SECOND)
    follow(scene, keeper)


def test_what_turns_red_is_an_incident_at_once_and_ends_at_once(
    scene: AlertScene, keeper: IncidentKeeper
) -> None:
    calm(scene, keeper)
    scene.record(*BAD, make_evidence(1))
    assert follow(scene, keeper)
    assert [each.problem.cause for each in scene.open_incidents()] == ["no_sync"]
    assert scene.due_deliveries() == []
    scene.record("parse", "frames_in_sync", "passed")
    assert follow(scene, keeper)
    assert scene.open_incidents() == []


def test_a_live_check_opens_its_incident_with_the_second_result(
    scene: AlertScene, keeper: IncidentKeeper
) -> None:
    calm(scene, keeper)
    for expected in (0, 1):
        scene.record("database", "answers", "failed", day=None)
        follow(scene, keeper)
        assert len(scene.open_incidents()) == expected


def test_an_unchanged_board_is_followed_seldom(scene: AlertScene, keeper: IncidentKeeper) -> None:
    calm(scene, keeper)
    looked = [follow(scene, keeper) for _ in range(int(REST / SECOND) * 3)]
    assert sum(looked) == 3


def test_after_the_clock_was_set_back_a_change_is_followed_at_once(
    scene: AlertScene, keeper: IncidentKeeper
) -> None:
    calm(scene, keeper)
    scene.now -= timedelta(hours=1)
    scene.record(*BAD, make_evidence(1))
    assert follow(scene, keeper)
    assert len(scene.open_incidents()) == 1


def test_a_failure_of_more_items_is_a_change(scene: AlertScene, keeper: IncidentKeeper) -> None:
    scene.record(*BAD, make_evidence(1))
    calm(scene, keeper)
    scene.record(*BAD, make_evidence(1), make_evidence(2))
    assert follow(scene, keeper)
    found: Any = scene.open_incidents()
    assert [each.problem.failures for each in found] == [2]


def test_a_process_that_hangs_over_the_incidents_holds_up_no_other(
    scene: AlertScene, keeper: IncidentKeeper
) -> None:
    scene.record(*BAD, make_evidence(1))
    with locks.acquire(scene.engine, INCIDENTS_LOCK):
        assert follow(scene, keeper)
        assert scene.open_incidents() == []
    assert follow(scene, keeper)
    assert len(scene.open_incidents()) == 1
