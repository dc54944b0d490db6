import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread

import psutil
import pytest

from dataflow_health.operations import supervisor
from dataflow_health.operations.supervisor import MAX_FAILURES, Program, Supervisor
from dataflow_health_tests.waiting import wait_until

pytestmark = pytest.mark.server
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    f"child = subprocess.Popen({SLEEP!r})\n"
    "open(sys.argv[1], 'w').write(str(child.pid))\n"
    "time.sleep(600)",
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "POLL_S", 0.02)


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """SIGINT as ``up`` has it: what a test before has it ignore, the programs would ignore too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Watched:
    """A supervisor in a thread, with what it announced; the first title of a kind ends it."""

    def __init__(self, *programs: Program, ends_at: int = 1) -> None:
        self.titles: list[str] = []
        self.reasons: list[str] = []
        self._ends_at = ends_at
        self.supervisor = Supervisor(programs, dict(os.environ), self._announce, first_pause_s=0.01)

    def _announce(self, title: str, _lines: Mapping[str, str]) -> None:
        self.titles.append(title)
        if len(self.titles) == self._ends_at:
            raise KeyboardInterrupt

    def run(self) -> None:
        try:
            self.reasons.append(self.supervisor.run())
        except KeyboardInterrupt:
            self.reasons.append("interrupted")


def pid_of(program: Program) -> int:
    process = wait_until(lambda: program.process)
    return process.pid


def test_a_killed_program_is_started_again_and_announced() -> None:
    program, other = Program("the API", SLEEP), Program("Dagster", SLEEP)
    watched = Watched(program, other, ends_at=2)
    thread = Thread(target=watched.run)
    thread.start()
    first, kept = pid_of(program), pid_of(other)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: program.process is not None and program.process.pid != first)
    assert (other.process is not None and other.process.pid) == kept
    os.kill(kept, signal.SIGKILL)
    thread.join(60)
    assert watched.titles == [
        "[RESTARTED] Dataflow Health: the API was killed by signal 9",
        "[RESTARTED] Dataflow Health: Dagster was killed by signal 9",
    ]
    assert watched.reasons == ["interrupted"]
    assert program.process is not None
    # Python ends with 1 when it is interrupted while it starts, as on a busy machine.
    assert program.process.returncode in (-signal.SIGINT, 1)


def test_what_a_dead_program_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = Program("Dagster", [*PARENT, str(note)])
    watched = Watched(program)
    thread = Thread(target=watched.run)
    thread.start()
    child = int(wait_until(lambda: note.exists() and note.read_text()))
    os.kill(pid_of(program), signal.SIGKILL)
    thread.join(60)
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie")


def test_a_program_that_cannot_be_kept_running_stops_all_and_says_so() -> None:
    program, other = Program("the API", ENDS), Program("Dagster", SLEEP)
    watched = Watched(program, other, ends_at=0)
    watched.run()
    assert watched.reasons == [f"the API ended {MAX_FAILURES} times in a row"]
    assert watched.titles == [
        "[RESTARTED] Dataflow Health: the API ended with exit code 3",
        "[STOPPED] Dataflow Health: monitoring stopped",
    ]
    assert other.process is not None
    assert other.process.returncode == -signal.SIGINT


def test_the_pause_doubles_up_to_a_minute_and_a_steady_program_begins_anew() -> None:
    now = [0.0]
    program = Program("the API", ENDS)
    watched = Supervisor(
        [program], dict(os.environ), lambda *_: None, clock=lambda: now[0], first_pause_s=20
    )
    pauses = []
    for ran_s in (0, 0, 0, supervisor.STEADY_AFTER_S):
        assert watched._check() == ""
        now[0] += ran_s
        assert program.process is not None
        program.process.wait()
        assert watched._check() == ""
        pauses.append(program.starts_s - now[0])
        now[0] = program.starts_s
    assert pauses == [20, 40, 60, 20]


def test_a_program_starts_once_the_file_of_another_one_is_there(tmp_path: Path) -> None:
    socket = tmp_path / "socket"
    program = Program("the UI", ENDS, starts_with=socket)
    watched = Supervisor([program], dict(os.environ), lambda *_: None)
    watched._check()
    assert program.process is None
    socket.touch()
    watched._check()
    assert program.process is not None
    program.process.wait()


def test_a_program_that_follows_the_clock_is_started_again_when_that_is_set_back() -> None:
    program, other = Program("Dagster's daemon", SLEEP, follows_clock=True), Program("API", SLEEP)
    watched, back_s, states = Watched(program, other), [0.0], list[bool]()
    watched.supervisor.wall_clock = lambda: time.time() - back_s[0]
    watched.supervisor.on_set_back = lambda: states.append(psutil.pid_exists(first))
    thread = Thread(target=watched.run)
    thread.start()
    first, kept = pid_of(program), pid_of(other)
    back_s[0] = 3600.0
    wait_until(lambda: program.process is not None and program.process.pid != first)
    assert (states, watched.titles) == ([True, False], [])
    assert (other.process is not None and other.process.pid) == kept
    os.kill(kept, signal.SIGKILL)
    thread.join(60)


def test_a_spare_program_that_fails_stops_and_announces_nothing() -> None:
    program, now, titles = Program("the spare", ENDS, is_spare=True), [0.0], list[str]()
    watched = Supervisor(
        [program], dict(os.environ), lambda *given: titles.append(given[0]), clock=lambda: now[0]
    )
    for _ in range(MAX_FAILURES + 1):
        assert watched._check() == ""
        assert program.process is not None
        program.process.wait()
        assert watched._check() == ""
        now[0] = program.starts_s
    assert (program.failures, titles) == (MAX_FAILURES + 1, [])


def test_a_spare_program_whose_work_is_done_is_followed_by_another_soon() -> None:
    done = [sys.executable, "-c", "pass"]
    program, now = Program("the spare", done, is_spare=True), [0.0]
    watched = Supervisor([program], dict(os.environ), lambda *_: None, clock=lambda: now[0])
    for _ in range(3):
        watched._check()
        assert program.process is not None
        program.process.wait()
        watched._check()
        assert (program.failures, program.starts_s - now[0]) == (0, watched.first_pause_s)
        now[0] = program.starts_s


def test_a_program_that_runs_once_is_not_started_again_unless_it_failed() -> None:
    done, now = [sys.executable, "-c", "pass"], [0.0]
    for command, starts_again in ((done, False), (ENDS, True)):
        program = Program("the maker", command, is_spare=True, is_once=True)
        watched = Supervisor([program], dict(os.environ), lambda *_: None, clock=lambda: now[0])
        watched._check()
        assert program.process is not None
        program.process.wait()
        watched._check()
        now[0] += 10**9
        watched._check()
        assert (program.process is not None) == starts_again
        watched._stop([program])
