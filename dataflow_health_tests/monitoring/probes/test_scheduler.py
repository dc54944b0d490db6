import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health_tests.health.factories import make_process
from dataflow_health_tests.monitoring.probes.probing import (
    NOW,
    http_server,
    make_file,
    make_plugin,
    tcp_server,
)
from dataflow_health_tests.waiting import LIMIT_S, wait_until


@dataclass
class SteppedClock:
    """A clock that a test steps."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Scene:
    """A scheduler over some checks of one process, and its clock."""

    scheduler: ProbeScheduler
    clock: SteppedClock = field(default_factory=SteppedClock)


def pipeline_of(*checks: Mapping[str, Any]) -> Pipeline:
    return Pipeline.of({"process": make_process(external=True, checks=checks)})


def scene_of(*checks: Mapping[str, Any]) -> Scene:
    clock = SteppedClock()
    return Scene(ProbeScheduler(pipeline_of(*checks), ProbeDependencies(clock, {})), clock)


def outcomes(observations: Sequence[Observation]) -> dict[str, str]:
    return {each.check: each.outcome for each in observations}


def poll_until_something_comes(scheduler: ProbeScheduler) -> tuple[Observation, ...]:
    return wait_until(scheduler.poll, poll_s=0.01)


def hanging_checks(address: str, count: int, within: str) -> list[dict[str, str]]:
    return [
        {
            "kind": "http_answers",
            "name": f"hangs_{number}",
            "url": f"http://{address}",
            "within": within,
        }
        for number in range(count)
    ]


def test_a_hanging_probe_delays_no_other(tmp_path: Path) -> None:
    quick = {"kind": "file_exists", "name": "quick", "path": str(tmp_path), "within": "PT60S"}
    with tcp_server(hangs=True) as address:
        scene = scene_of(*hanging_checks(address, 5, "PT60S"), quick)
        results = poll_until_something_comes(scene.scheduler)
    assert outcomes(results) == {"quick": "passed"}


@pytest.mark.slow
def test_results_of_hanging_probes_come_when_their_time_is_up(tmp_path: Path) -> None:
    quick = {"kind": "file_exists", "path": str(tmp_path), "within": "PT60S"}
    with tcp_server(hangs=True) as address:
        scene = scene_of(*hanging_checks(address, 4, "PT0.4S"), quick)
        seen = outcomes(scene.scheduler.probe_due())
    assert seen.pop("file_exists") == "passed"
    assert len(seen) == 4
    assert set(seen.values()) <= {"failed", "unknown"}, "unknown: this machine was too busy"


HANGS = "import time\ndef check(arguments, context):\n    time.sleep(30)\n"


@pytest.mark.slow
def test_a_prober_that_was_held_up_gives_a_check_the_time_it_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(make_plugin(tmp_path, monkeypatch, HANGS) | {"within": "PT0.6S"})
    assert scene.scheduler.poll() == ()
    time.sleep(0.9)
    assert scene.scheduler.poll() == (), "its time was up, but the prober did not look"
    assert poll_until_something_comes(scene.scheduler)


@pytest.mark.slow
def test_a_prober_that_is_late_for_long_says_so_and_fails_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene_of(make_plugin(tmp_path, monkeypatch, HANGS) | {"within": "PT0.2S"})
    results = scene.scheduler.poll()
    while not results:
        time.sleep(0.4)
        results = scene.scheduler.poll()
    assert [each.outcome for each in results] == ["unknown"]
    assert "prober late" in results[0].detail
    scene.clock.step(5)
    assert scene.scheduler.poll() == (), "its whole time limit begins again"


@pytest.mark.timing
def test_probing_all_takes_as_long_as_the_slowest_and_not_the_sum(tmp_path: Path) -> None:
    with tcp_server(hangs=True) as address:
        scene = scene_of(*hanging_checks(address, 4, "PT0.4S"))
        started_s = time.monotonic()
        scene.scheduler.probe_due()
        assert time.monotonic() - started_s < 1.2  # four in a row would take 1.6 s


def test_a_caller_that_cannot_wait_gets_what_is_there(tmp_path: Path) -> None:
    with tcp_server(hangs=True) as address:
        scene = scene_of(*hanging_checks(address, 1, "PT60S"))
        assert scene.scheduler.probe_due(at_most_s=0.1) == ()


def test_a_result_is_used_again_until_it_is_too_old(tmp_path: Path) -> None:
    path = tmp_path / "file"
    check = {"kind": "file_exists", "path": str(path), "every": "PT5S", "retries": 0}
    scene = scene_of(check | {"within": "PT60S"})
    assert outcomes(scene.scheduler.probe_due()) == {"file_exists": "failed"}
    path.touch()
    scene.clock.step(4)
    assert outcomes(scene.scheduler.probe_due()) == {"file_exists": "failed"}
    scene.clock.step(1)
    assert outcomes(scene.scheduler.probe_due()) == {"file_exists": "passed"}


def test_a_clock_that_is_set_back_delays_a_check_by_its_interval_at_most(tmp_path: Path) -> None:
    path = tmp_path / "file"
    check = {"kind": "file_exists", "path": str(path), "every": "PT5S", "within": "PT60S"}
    scene = scene_of(check)
    assert outcomes(scene.scheduler.probe_due()) == {"file_exists": "failed"}
    path.touch()
    scene.clock.step(-3600)
    assert scene.scheduler.poll() == ()
    scene.clock.step(5)
    assert outcomes(poll_until_something_comes(scene.scheduler)) == {"file_exists": "passed"}
    time.sleep(0.05)
    assert scene.scheduler.poll() == ()


def test_a_poll_returns_only_new_results(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path": str(tmp_path), "every": "PT5S", "within": "PT60S"}
    scene = scene_of(check)
    assert outcomes(poll_until_something_comes(scene.scheduler)) == {"file_exists": "passed"}
    time.sleep(0.05)
    assert scene.scheduler.poll() == ()
    scene.clock.step(5)
    assert outcomes(poll_until_something_comes(scene.scheduler)) == {"file_exists": "passed"}


def test_a_probe_that_hangs_for_ever_costs_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "import threading\nruns, go = [], threading.Event()\n"
        "def check(arguments, context):\n"
        "    runs.append(1)\n    go.wait(60)\n    return ProbeResult('passed', str(len(runs)))\n"
    )
    check = make_plugin(tmp_path, monkeypatch, body) | {"within": "PT0.05S", "every": "PT1S"}
    scene = scene_of(check)
    for _ in range(4):
        [result] = poll_until_something_comes(scene.scheduler)
        assert (result.outcome, result.at) == ("failed", scene.clock.now)
        scene.clock.step(1)
    module = sys.modules[check["entry_point"].partition(":")[0]]
    wait_until(lambda: getattr(module, "runs", None))  # its import may still go on
    assert len(module.runs) == 1
    module.go.set()
    assert wait_for_pass(scene).detail == "2"


def wait_for_pass(scene: Scene) -> Observation:
    def passed() -> list[Observation]:
        scene.clock.step(1)
        return [each for each in scene.scheduler.poll() if each.outcome == "passed"]

    [result] = wait_until(passed)
    return result


def test_a_new_pipeline_keeps_the_results_of_unchanged_checks(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path": str(tmp_path), "within": "PT60S"}
    scene = scene_of(check, check | {"name": "other"})
    assert set(outcomes(scene.scheduler.probe_due())) == {"file_exists", "other"}
    changed = check | {"path": str(tmp_path / "gone"), "name": "other"}
    scene.scheduler.replace_pipeline(pipeline_of(check, changed, changed | {"name": "new"}))
    assert outcomes(scene.scheduler.latest) == {"file_exists": "passed"}
    assert outcomes(scene.scheduler.probe_due()) == {
        "file_exists": "passed", "other": "failed", "new": "failed",
    }  # fmt: skip


def poll_until(scheduler: ProbeScheduler, outcome: str, limit_s: float = LIMIT_S) -> None:
    def is_reached() -> bool:
        scheduler.poll()
        return set(outcomes(scheduler.latest).values()) == {outcome}

    wait_until(is_reached, limit_s=limit_s)


def stop_everything(folder: Path, limit_s: float) -> None:
    """Stops four services; all must be red in time, with the intervals that are the default."""
    database = make_file(folder / "ledger.sqlite")
    database.write_bytes(b"")
    with http_server() as url, tcp_server(b"hi") as address:
        checks = [
            {"kind": "database_answers", "url": f"sqlite:///{database}"},
            {"kind": "http_answers", "url": url},
            {"kind": "tcp_answers", "address": address},
            {"kind": "file_exists", "path": str(database)},
        ]
        dependencies = ProbeDependencies(lambda: datetime.now(UTC), {})
        scheduler = ProbeScheduler(pipeline_of(*checks), dependencies)
        poll_until(scheduler, "passed")
    database.unlink()
    poll_until(scheduler, "failed", limit_s)


@pytest.mark.slow
def test_everything_that_stops_turns_red_by_itself(tmp_path: Path) -> None:
    stop_everything(tmp_path, LIMIT_S)


@pytest.mark.timing
def test_from_stopped_to_red_takes_less_than_five_seconds(tmp_path: Path) -> None:
    stop_everything(tmp_path, 5)


def test_a_result_has_the_time_at_which_its_check_was_started(tmp_path: Path) -> None:
    with tcp_server(hangs=True) as address:
        scene = scene_of(*hanging_checks(address, 1, "PT0.3S"))
        assert scene.scheduler.poll() == ()
        scene.clock.step(90)
        (result,) = poll_until_something_comes(scene.scheduler)
    assert (result.outcome, result.at) == ("failed", NOW)


def polled(scene: Scene) -> int:
    """Results that come now; a check that is not due gives none."""
    results = scene.scheduler.poll()
    if scene.scheduler._running:
        results += poll_until_something_comes(scene.scheduler)
    return len(results)


@pytest.mark.parametrize("exists_at_first", [True, False], ids=["fails", "passes again"])
def test_a_changed_result_is_checked_again_soon_and_then_at_its_own_pace(
    tmp_path: Path, exists_at_first: bool
) -> None:
    path = tmp_path / "file"
    scene = scene_of({"kind": "file_exists", "path": str(path), "every": "PT60S", "retries": 0})
    path.touch() if exists_at_first else None
    assert polled(scene) == 1
    scene.clock.step(60)
    polled(scene)
    path.unlink() if exists_at_first else path.touch()
    scene.clock.step(60)
    assert polled(scene) == 1
    scene.clock.step(1)
    assert polled(scene) == 0
    scene.clock.step(1)
    assert polled(scene) == 1
    scene.clock.step(59)
    assert polled(scene) == 0
    scene.clock.step(1)
    assert polled(scene) == 1


def test_a_check_that_declares_how_many_results_count_keeps_its_pace(tmp_path: Path) -> None:
    absent = {"kind": "file_exists", "path": str(tmp_path / "absent"), "retries": 0}
    scene = scene_of(absent | {"every": "PT60S", "opens_after": 3})
    assert polled(scene) == 1
    scene.clock.step(59)
    assert polled(scene) == 0
