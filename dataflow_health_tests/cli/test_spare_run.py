"""The process that stands ready, as ``up`` starts it; with a cluster, so that it needs no Java."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health.operations import dagster_home, spare_run
from dataflow_health.orchestration import instance_storage
from dataflow_health.settings import PREFIX, Settings
from dataflow_health_tests.waiting import wait_until

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.fixture
def ready(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """It, once it waits."""
    chosen = Settings(home=tmp_path / "home")
    (tmp_path / "config" / "algorithms").mkdir(parents=True)
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    environ = os.environ | {
        f"{PREFIX}HOME": str(chosen.home),
        f"{PREFIX}CONFIG": str(tmp_path / "config"),
        f"{PREFIX}SPARK_MASTER": "spark://127.0.0.1:1",
        "DAGSTER_HOME": str(chosen.dagster_home),
    }
    command = [sys.executable, "-m", "dataflow_health.cli.spare_run", str(tmp_path)]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, env=environ, stdout=log, stderr=log) as process,
    ):
        wait_until(
            lambda: process.poll() is not None or list(tmp_path.glob("*.socket")),
            details=(tmp_path / "log").read_text,
        )
        yield process
        process.kill()


def test_it_ends_quietly_when_up_does(ready: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    ready.send_signal(signal.SIGINT)
    assert ready.wait() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_it_refuses_a_run_and_ends_when_a_yaml_file_has_changed(
    ready: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    (tmp_path / "config" / "algorithms" / "new.yaml").write_text("kind: exceedance\n")
    assert spare_run.hand_over(tmp_path, "{}") is None
    assert ready.wait() == 0


def test_what_it_is_given_is_executed_by_dagster(
    ready: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    assert spare_run.hand_over(tmp_path, "no run") == ready.pid
    assert ready.wait() != 0
    assert "execute_run" in (tmp_path / "log").read_text()
