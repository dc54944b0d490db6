import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER, catalogue
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.stages import heartbeat
from dataflow_health.stages.heartbeat import WorkMeter
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import running_steps
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.waiting import wait_until

FLOOR = timedelta(seconds=45)
BEAT_S = 0.02


@pytest.fixture
def deps(engine: Engine, tmp_path: Path) -> Dependencies:
    lake = Lake(tmp_path.as_uri())
    return Dependencies(engine, lake, catalogue.load(BUILTIN_FOLDER), utc_now, workers=1)


def step_of(engine: Engine) -> RunningStep:
    [step] = running_steps.find(engine, utc_now())
    return step


def wait_for(engine: Engine, condition: Callable[[RunningStep], bool]) -> RunningStep:
    wait_until(lambda: condition(step_of(engine)))
    return step_of(engine)


def test_a_step_is_in_the_ledger_while_it_runs_with_its_progress(deps: Dependencies) -> None:
    shown: list[tuple[str, int, int]] = []
    given = StageRequest(DAY, "run-1", progress=lambda *each: shown.append(each))
    with heartbeat.beat(deps, "parse", given, FLOOR, BEAT_S) as request:
        begun = step_of(deps.engine)
        assert (begun.run_id, begun.finished, begun.limit_s) == ("run-1", 0, 180)
        request.progress("parse", 3, 7)
        moved = wait_for(deps.engine, lambda step: step.finished == 3)
        assert (moved.total, moved.moved_at > begun.moved_at) == (7, True)
    assert shown == [("parse", 3, 7)]
    assert running_steps.find(deps.engine, utc_now()) == ()


def test_a_step_that_only_waits_sends_a_heartbeat_and_makes_no_progress(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WorkMeter, "is_busy", lambda _: False)
    with heartbeat.beat(deps, "parse", StageRequest(DAY), FLOOR, BEAT_S):
        begun = step_of(deps.engine)
        later = wait_for(deps.engine, lambda step: step.beat_at > begun.beat_at)
        assert later.moved_at == begun.moved_at


def test_a_step_that_fails_is_no_longer_in_flight(deps: Dependencies) -> None:
    with (
        pytest.raises(RuntimeError),
        heartbeat.beat(deps, "parse", StageRequest(DAY), FLOOR, BEAT_S),
    ):
        raise RuntimeError
    assert running_steps.find(deps.engine, utc_now()) == ()


def test_the_history_of_the_stage_sets_the_limit(
    deps: Dependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    for longest_s, limit_s in ((1, 45), (40, 120)):
        longest = timedelta(seconds=longest_s)
        monkeypatch.setattr(running_steps, "longest", lambda *_, longest=longest: longest)
        with heartbeat.beat(deps, "parse", StageRequest(DAY), FLOOR, BEAT_S):
            assert step_of(deps.engine).limit_s == limit_s


@pytest.mark.server
def test_work_of_a_child_is_work_and_waiting_is_none() -> None:
    meter = WorkMeter()
    meter.is_busy()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        try:
            wait_until(meter.is_busy, poll_s=0.2)
        finally:
            child.kill()
    meter.is_busy()
    time.sleep(0.5)
    assert not meter.is_busy()
