"""A real dagster-daemon on a real instance, killed while it alerts, and started again."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health import settings, wiring
from dataflow_health.clock import utc_now
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.observation import Observation
from dataflow_health.operations import dagster_home
from dataflow_health.storage.records import incidents, message_queue, observations
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.alerting.alert_scene import make_evidence
from dataflow_health_tests.alerting.alert_servers import Receiver, web_server
from dataflow_health_tests.alerting.crashing_alert_cycle import STEPS
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.waiting import wait_until

COMMAND = [
    "-m",
    "dagster._daemon",
    "run",
    "-m",
    "dataflow_health_tests.orchestration.crashing_daemon",
]


@contextmanager
def daemon(environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon in a process group of its own, all of which is gone afterwards."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *COMMAND], env=environ, stdout=out, stderr=out, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Scene:
    """An installation with its ledger, its Dagster instance and a receiver of messages."""

    def __init__(self, folder: Path, server: Receiver, database_url: str) -> None:
        given = {"HOME": str(folder), "DATABASE_URL": database_url}
        self.chosen = settings.load({settings.PREFIX + name: each for name, each in given.items()})
        self.engine = wiring.dependencies(self.chosen).engine
        dagster_home.prepare(self.chosen)
        self.server, self.log, self.dies_at = server, folder / "daemon.log", folder / "dies_at"
        self.environ = settings.export(self.chosen) | {
            "DATAFLOW_HEALTH_ALERT_ON_CALL": server.url, "DIES_AT": str(self.dies_at),
        }  # fmt: skip

    def answer(self, outcome: str) -> None:
        """What a check of parse found just now."""
        fields = {
            "process": "parse", "check": "frames_in_sync", "outcome": outcome,
            "at": utc_now(), "arrival_day": DAY,
            "evidence": [make_evidence(1)] if outcome == "failed" else [],
        }  # fmt: skip
        observations.save(self.engine, [Observation.model_validate(fields)])

    def end_of_log(self) -> str:
        """The daemon's last lines."""
        return self.log.read_text(errors="replace")[-4000:]

    def has_sent(self, word: str) -> bool:
        return any(word in title for title in self.server.titles)


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    with web_server() as server:
        made = Scene(tmp_path, server, database_url)
        yield made
        made.engine.dispose()
        wiring.dependencies.cache_clear()


def due_deliveries(engine: Engine) -> list[Delivery]:
    with reading(engine) as connection:
        return message_queue.find_due(connection)


@pytest.mark.soak
@pytest.mark.parametrize("step", STEPS)
def test_a_daemon_killed_while_it_alerts_loses_no_incident_and_repeats_one_message_at_most(
    scene: Scene, step: str
):
    scene.answer("failed")
    scene.dies_at.write_text(step)
    with daemon(scene.environ, scene.log) as first:
        wait_until(lambda: first.poll() is not None, details=scene.end_of_log)
    assert first.returncode == -signal.SIGKILL
    assert not scene.dies_at.exists()
    with daemon(scene.environ, scene.log):
        wait_until(lambda: scene.has_sent("[FAILED] parse"), details=scene.end_of_log)
        scene.answer("passed")
        wait_until(lambda: scene.has_sent("[RECOVERED] parse"), details=scene.end_of_log)
        wait_until(lambda: not due_deliveries(scene.engine), details=scene.end_of_log)
    titles = Counter(title.partition("]")[0] for title in scene.server.titles)
    assert {"[FAILED", "[RECOVERED"} <= set(titles) <= {"[FAILED", "[RECOVERED", "[DIGEST"}
    repeated = sum(titles.values()) - len(titles)
    assert repeated == (step == "after sending")
    assert [each.resolution for each in incidents.find(scene.engine)] == ["recovered"]
