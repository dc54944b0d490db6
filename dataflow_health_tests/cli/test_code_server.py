"""A code server whose process with the definitions ends or hangs, as real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from dataflow_health.operations import code_server_watch, dagster_home
from dataflow_health.orchestration import instance_storage
from dataflow_health.settings import PREFIX, Settings
from dataflow_health_tests.waiting import LIMIT_S, wait_until

QUICK = (
    "from dataflow_health.cli import main; "
    "from dataflow_health.operations import code_server_watch as watch; "
    "watch.ASK_EVERY_S, watch.ASK_TIMEOUT_S = 0.2, 5; main()"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A code server that has answered; it asks itself often."""
    chosen = Settings(home=tmp_path / "home")
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    environ = os.environ | {f"{PREFIX}HOME": str(chosen.home)}
    words = [sys.executable, "-c", QUICK, "code-server", "--socket", str(tmp_path / "socket")]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            words, env=environ, stdout=log, stderr=log, process_group=0, cwd=tmp_path
        ) as process,
    ):
        try:
            wait_until(
                lambda: (
                    process.poll() is not None
                    or code_server_watch.answers(f"unix:{tmp_path}/socket")
                ),
                details=(tmp_path / "log").read_text,
            )
            assert process.poll() is None, (tmp_path / "log").read_text()
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("harm", [psutil.Process.kill, psutil.Process.suspend], ids=["end", "hang"])
def test_a_code_server_ends_when_its_process_with_the_definitions(
    server: "subprocess.Popen[bytes]", harm: Callable[[psutil.Process], None], tmp_path: Path
) -> None:
    """It stayed, refused every request, and nothing started it again."""
    held = next(each for each in psutil.Process(server.pid).children() if "grpc" in each.cmdline())
    harm(held)
    assert server.wait(LIMIT_S) == 1, (tmp_path / "log").read_text()
    assert wait_until(lambda: not held.is_running() or held.status() == psutil.STATUS_ZOMBIE)
    assert "the code server is silent" in (tmp_path / "log").read_text()
