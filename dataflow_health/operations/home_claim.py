"""One ``up`` per home: a lock while it lives, and an end of what a dead one left behind."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from loguru import logger

from dataflow_health.errors import NotAllowed

MARK = "DATAFLOW_UP_HOME"
"""Environment variable of all processes of an ``up``, with its home."""
LOCK = "up.lock"


@contextmanager
def claim(home: Path) -> Iterator[None]:
    """Claims the home for this ``up`` and ends the processes that a dead one left behind.

    Their runs are started again by the sensors; their locks are free at once.

    Args:
        home: Folder of the installation.

    Raises:
        NotAllowed: Another ``up`` is at work there.
    """
    with (home / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            raise NotAllowed(
                f"{home} is served by another 'dataflow-health up' (process {holder}): "
                "stop it first, or choose another --home"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        end_leftovers(home)
        yield


def end_leftovers(home: Path) -> int:
    """Kills the processes that a dead ``up`` of this home left behind; returns their number."""
    left = [each for each in psutil.process_iter() if _is_marked(each, home)]
    for each in left:
        with suppress(psutil.Error):
            each.kill()
    if left:
        logger.warning(
            "{} processes of an earlier 'up' were still running and are ended", len(left)
        )
    psutil.wait_procs(left, timeout=5)
    return len(left)


def check_port(host: str, port: int, option: str) -> None:
    """Checks that a port is free.

    Args:
        host: Address to listen on.
        port: The port.
        option: Option of the command line that sets the port.

    Raises:
        NotAllowed: Another program listens there, or the address is not of this machine.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        raise NotAllowed(
            f"cannot listen on {host}:{port} ({error.strerror}): stop the program that uses the "
            f"port, or choose another one with {option}"
        ) from None


def _is_marked(process: psutil.Process, home: Path) -> bool:
    """Whether a process belongs to an ``up`` of this home; those of others cannot be read."""
    with suppress(psutil.Error, OSError):
        return process.pid != os.getpid() and process.environ().get(MARK) == str(home)
    return False
