"""How a run is handed to a process that stands ready for it, with Java and Spark started.

The process has a socket file in a folder while it is ready; its name is the number of the process.
It begins the run only after the launcher has confirmed its answer: a launcher that stopped waiting
has started the run elsewhere.
"""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from io import BufferedRWPair
from pathlib import Path

import psutil

FOLDER_VARIABLE = "DATAFLOW_SPARE_RUNS"
"""Environment variable of the programs of ``up`` with the folder of the sockets."""
SUFFIX = ".socket"
PREPARES = ".prepares"
"""Suffix of the file of a process that will be ready soon."""
PREPARES_FOR_S = 20.0
"""Longest wait for a process that prepares: a new one would begin with the same work."""
ANSWERS_WITHIN_S = 3.0
"""Time within which a process that is ready answers; one that does not is killed."""
LOOK_EVERY_S = 30.0
"""Seconds between two looks of a process at whether it is still sound."""
YES, NO, GO = b"yes\n", b"no\n", b"go\n"
MOST_BYTES = 1 << 20
"""Length of a request at most."""


def hand_over(folder: Path, request: str) -> int | None:
    """Hands a run to a process that is ready, or will be soon; returns its number, or None.

    Args:
        folder: Folder of the sockets.
        request: One line that describes the run.
    """
    until_s = time.monotonic() + PREPARES_FOR_S
    while _is_awaited(folder) and time.monotonic() < until_s:
        time.sleep(0.1)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            if _is_taken(path, request):
                return int(path.stem)
        except TimeoutError:
            _kill(path)
        except OSError:  # it has just ended, or taken another run
            path.unlink(missing_ok=True)
    return None


def _is_awaited(folder: Path) -> bool:
    """Whether no process is ready, and one prepares."""
    if any(folder.glob(f"*{SUFFIX}")):
        return False
    return any(psutil.pid_exists(int(path.stem)) for path in folder.glob(f"*{PREPARES}"))


def prepare(folder: Path) -> None:
    """Says that this process will be ready soon.

    Args:
        folder: Folder of the sockets.
    """
    (folder / f"{os.getpid()}{PREPARES}").touch()


def _is_taken(path: Path, request: str) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWERS_WITHIN_S)
        connection.connect(str(path))
        connection.sendall(request.encode() + b"\n")
        with connection.makefile("rb") as answers:
            is_taken = answers.readline(len(YES)) == YES
        if is_taken:
            connection.sendall(GO)
        return is_taken


def _kill(path: Path) -> None:
    """Kills a process that is ready and does not answer, so that another takes its place."""
    with suppress(psutil.Error, ValueError):
        process = psutil.Process(int(path.stem))
        if str(path.parent) in process.cmdline():
            process.kill()
    path.unlink(missing_ok=True)


def wait(folder: Path, is_current: Callable[[], bool], is_sound: Callable[[], bool]) -> str | None:
    """Waits for a run; returns its description, or None when this process is to be replaced.

    Args:
        folder: Folder of the sockets.
        is_current: Whether this process would run the code and the configuration of now.
        is_sound: Whether what it holds ready still works; called once in a while.
    """
    path = folder / f"{os.getpid()}{SUFFIX}"
    with socket.socket(socket.AF_UNIX) as listener:
        hidden = path.with_suffix(".part")
        listener.bind(str(hidden))
        listener.listen(1)
        listener.settimeout(LOOK_EVERY_S)
        hidden.rename(path)  # so that nobody connects before it listens
        path.with_suffix(PREPARES).unlink(missing_ok=True)
        try:
            while path.exists():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    if not (is_current() and is_sound()):
                        return None
                    continue
                with connection, suppress(OSError):
                    connection.settimeout(ANSWERS_WITHIN_S)
                    with connection.makefile("rwb") as stream:
                        if request := _answer(stream, is_current):
                            return request
                if not is_current():
                    return None
        finally:
            path.unlink(missing_ok=True)
    return None


def _answer(stream: BufferedRWPair, is_current: Callable[[], bool]) -> str:
    """The request of one connection, if it is confirmed; else an empty text."""
    request = stream.readline(MOST_BYTES).decode().strip()
    is_taken = bool(request) and is_current()
    stream.write(YES if is_taken else NO)
    stream.flush()
    return request if is_taken and stream.readline(len(GO)) == GO else ""
