import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from dataflow_health.operations import spare_run
from dataflow_health_tests.waiting import wait_until

SOUND = (lambda: True, lambda: True)
WAITS = (
    "import sys; from pathlib import Path; from dataflow_health.operations import spare_run; "
    "print(spare_run.wait(Path(sys.argv[1]), lambda: True, lambda: True), flush=True)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def waiting(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that stands ready, and prints the run that it took."""
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: list(folder.glob("*.socket")))
        yield process
        process.kill()


def in_thread(
    folder: Path, is_current: Callable[[], bool] = SOUND[0], is_sound: Callable[[], bool] = SOUND[1]
) -> list[str | None]:
    """What ``wait`` returned, once it has."""
    taken: list[str | None] = []
    Thread(target=lambda: taken.append(spare_run.wait(folder, is_current, is_sound))).start()
    wait_until(lambda: taken or list(folder.glob("*.socket")))
    return taken


@pytest.mark.server
def test_a_run_is_handed_over_once(folder: Path, waiting: "subprocess.Popen[str]") -> None:
    assert spare_run.hand_over(folder, "a run") == waiting.pid
    assert waiting.communicate()[0] == "a run\n"
    assert spare_run.hand_over(folder, "another") is None


def test_of_two_runs_at_the_same_time_one_is_taken(folder: Path) -> None:
    taken = in_thread(folder)
    with ThreadPoolExecutor(2) as pool:
        given = list(pool.map(lambda name: spare_run.hand_over(folder, name), ("one", "two")))
    assert sorted(given, key=str) == [os.getpid(), None]
    wait_until(lambda: taken)
    assert taken == ["one" if given[0] else "two"]


def test_without_a_process_nothing_is_handed_over(folder: Path) -> None:
    assert spare_run.hand_over(folder, "a run") is None


@pytest.mark.server
def test_the_socket_of_a_killed_process_is_removed(
    folder: Path, waiting: "subprocess.Popen[str]"
) -> None:
    waiting.kill()
    waiting.wait()
    assert spare_run.hand_over(folder, "a run") is None
    assert list(folder.iterdir()) == []


@pytest.mark.server
def test_a_process_that_hangs_is_killed_and_does_not_take_the_run_later(
    folder: Path, waiting: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_run, "ANSWERS_WITHIN_S", 0.2)
    waiting.send_signal(signal.SIGSTOP)
    assert spare_run.hand_over(folder, "a run") is None
    assert waiting.wait() == -signal.SIGKILL
    assert waiting.communicate()[0] == ""


def test_a_run_that_is_not_confirmed_is_not_taken(folder: Path) -> None:
    taken = in_thread(folder)
    path = next(folder.glob("*.socket"))
    with socket.socket(socket.AF_UNIX) as impatient:
        impatient.connect(str(path))
        impatient.sendall(b"a run that has begun elsewhere\n")
        assert impatient.recv(10) == spare_run.YES
    assert spare_run.hand_over(folder, "the next") == os.getpid()
    wait_until(lambda: taken)
    assert taken == ["the next"]


def test_a_process_with_old_code_refuses_and_ends(folder: Path) -> None:
    taken = in_thread(folder, is_current=lambda: False)
    assert spare_run.hand_over(folder, "a run") is None
    wait_until(lambda: taken)
    assert taken == [None]


@pytest.mark.parametrize(("current", "sound"), [(False, True), (True, False)])
def test_a_process_that_is_old_or_ill_ends_by_itself(
    folder: Path, current: bool, sound: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_run, "LOOK_EVERY_S", 0.05)
    taken = in_thread(folder, lambda: current, lambda: sound)
    wait_until(lambda: taken)
    assert taken == [None]
    assert list(folder.iterdir()) == []


def test_a_process_whose_socket_was_removed_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_run, "LOOK_EVERY_S", 0.05)
    taken = in_thread(folder)
    for path in folder.iterdir():
        path.unlink()
    wait_until(lambda: taken)
    assert taken == [None]


def test_a_run_waits_for_a_process_that_will_be_ready_soon(folder: Path) -> None:
    spare_run.prepare(folder)
    with ThreadPoolExecutor(1) as pool:
        given = pool.submit(spare_run.hand_over, folder, "a run")
        taken = in_thread(folder)
        assert given.result() == os.getpid()
    wait_until(lambda: taken)
    assert (taken, list(folder.iterdir())) == (["a run"], [])


def test_a_run_does_not_wait_for_a_process_that_ended_before_it_was_ready(folder: Path) -> None:
    (folder / "4194305.prepares").touch()  # more than the largest number of a process
    assert spare_run.hand_over(folder, "a run") is None
