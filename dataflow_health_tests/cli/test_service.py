import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health.operations import home_claim, service_control
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.operations.running_services import running_services

pytestmark = pytest.mark.server


def test_programs_are_shown_and_one_is_restarted(run, tmp_path: Path) -> None:
    here = ("--home", tmp_path)
    with running_services(tmp_path):
        shown = run("service", "status", *here)
        assert shown.exit_code == 0, shown.output
        assert [line.split()[:2] for line in shown.output.splitlines()[1:]] == [
            ["daemon", "running"], ["api", "running"],
        ]  # fmt: skip
        stopped = run("service", "stop", "api", *here)
        assert stopped.output == "api is stopped\n"
        assert run("service", "status", *here).exit_code == 1
        started = json.loads(run("service", "restart", "api", *here, "--json").output)
        assert started["state"] == "running"
        state = json.loads(run("service", "status", *here, "--json").output)
        assert state["pid"] == os.getpid()
        refused = run("service", "start", "--port", 7, *here)
        assert "runs already" in refused.output


def test_without_an_up_status_says_so_and_stop_is_done(run, tmp_path: Path) -> None:
    status = run("service", "status", "--home", tmp_path)
    assert (status.output, status.exit_code) == ("'dataflow-health up' is not running.\n", 1)
    assert run("service", "stop", "--home", tmp_path).exit_code == 0
    one = run("service", "restart", "api", "--home", tmp_path)
    assert (one.exit_code, "service start" in one.output) == (2, True)


def test_an_up_of_systemd_is_left_to_systemd(run, tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path;"
        "from dataflow_health.operations import home_claim\n"
        "os.environ['SYSTEMD_EXEC_PID'] = str(os.getpid())\n"
        "again = [sys.executable, *sys.orig_argv[1:], 'x']\n"
        "if len(sys.argv) < 3: os.execv(sys.executable, again)\n"
        "with home_claim.claim(Path(sys.argv[1])):\n"
        "    print('claimed', flush=True); time.sleep(600)"
    )
    words = [sys.executable, "-c", program, tmp_path]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"claimed\n"
            refused = run("service", "stop", "--home", tmp_path)
            assert "systemctl" in refused.output
            assert process.poll() is None
        finally:
            process.kill()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    state = service_control.read(tmp_path / "home")
    if state is not None:
        os.kill(state.pid, signal.SIGKILL)
    home_claim.end_leftovers(tmp_path / "home")


def call(*words: object) -> str:
    """Output of the program in a process of its own, which leaves ``up`` to the system."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith("DATAFLOW_HEALTH_")}
    command = [sys.executable, "-m", "dataflow_health.cli", *map(str, words)]
    return subprocess.run(
        command, env=environ, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.mark.soak
def test_up_runs_in_the_background_until_it_is_stopped(home: Path) -> None:
    ports = ("--port", free_port(), "--api-port", free_port())
    started = call("service", "start", *ports, "--home", home)
    assert f"Open: http://127.0.0.1:{ports[1]}/sign-in?token=" in started
    first = service_control.read(home)
    assert first is not None
    second = json.loads(call("service", "restart", "--home", home, "--json"))
    assert second["pid"] != first.pid
    assert second["options"] == first.options
    assert "SensorDaemon" in call("logs", "tail", "daemon", "--home", home)
    call("service", "stop", "--home", home)
    assert service_control.read(home) is None
    assert home_claim.end_leftovers(home) == 0
