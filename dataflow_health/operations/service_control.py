"""What a running ``up`` says of its programs, and what it is asked to do with them.

Both are files in the home, which only its owner can read or write.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations.home_claim import LOCK

SERVICES = ("code-server", "ui", "daemon", "api")
"""Names of the programs of ``up``."""
STATE = "services.json"
REQUESTS = "service_requests"
POLL_S = 0.2

Action = Literal["start", "stop", "restart"]
ServiceState = Literal["running", "starting", "stopped"]


class Service(BaseModel):
    """One program of ``up``.

    Attributes:
        name: Its name, one of :data:`SERVICES`.
        state: ``starting`` while it waits to be started, also after a failure; ``stopped`` when a
            person stopped it.
        pid: Its process; None while there is none.
        started_s: When it was started last, in seconds since 1970.
        failures: How often it ended in a row.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    state: ServiceState
    pid: int | None
    started_s: float | None
    failures: int


class UpState(BaseModel):
    """A running ``up``.

    Attributes:
        pid: Its process.
        options: Options that it was called with.
        services: Its programs.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    options: Mapping[str, str]
    services: tuple[Service, ...]

    def find(self, name: str) -> Service:
        """One program.

        Raises:
            NotFound: This ``up`` does not run it.
        """
        for each in self.services:
            if each.name == name:
                return each
        raise NotFound(f"this 'dataflow-health up' runs no {name}")


class Request(NamedTuple):
    """A person's request to a running ``up``."""

    service: str
    action: Action


class ControlFolder:
    """The files of one ``up``, which writes its state and reads the requests."""

    def __init__(self, home: Path, options: Mapping[str, str]) -> None:
        """Drops requests that an earlier ``up`` left.

        Args:
            home: Folder of the installation.
            options: Options that this ``up`` was called with.
        """
        self._home = home
        self._options = options
        self._written = ""
        for _ in self.requests():
            pass

    def publish(self, services: Sequence[Service]) -> None:
        """Writes the state when it has changed; a full disk keeps an old one there."""
        state = UpState(pid=os.getpid(), options=self._options, services=tuple(services))
        text = state.model_dump_json()
        if text == self._written:
            return
        part = self._home / f".{STATE}.part"
        with suppress(OSError):
            part.write_text(text)
            part.replace(self._home / STATE)
            self._written = text

    def requests(self) -> Iterator[Request]:
        """Requests that were made since the last call, in the order of the services."""
        for name in SERVICES:
            path = self._home / REQUESTS / name
            with suppress(FileNotFoundError):
                action = path.read_text().strip()
                path.unlink()
                if action in ("start", "stop", "restart"):
                    yield Request(name, action)  # type: ignore[arg-type]


def is_up(home: Path) -> bool:
    """Whether an ``up`` is at work in a home: it holds a lock for as long as it lives."""
    try:
        with (home / LOCK).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def read(home: Path) -> UpState | None:
    """State of the ``up`` at work in a home; None without one."""
    if not is_up(home):
        return None
    holder = int((home / LOCK).read_text().strip() or 0)
    return read_of(home, holder) or UpState(pid=holder, options={}, services=())  # it has begun


def read_of(home: Path, pid: int) -> UpState | None:
    """State that a process has written in a home; None when it has written none yet."""
    with suppress(FileNotFoundError, ValidationError):
        state = UpState.model_validate_json((home / STATE).read_text())
        return state if state.pid == pid else None
    return None


def ask(home: Path, request: Request, timeout_s: float) -> Service:
    """Asks a running ``up``, and waits until it has done it.

    Args:
        home: Folder of the installation.
        request: What is wanted.
        timeout_s: Seconds to wait.

    Raises:
        NotFound: No ``up`` is at work, or it does not run this program.
        NotAllowed: It has not done it in this time.
    """
    state = read(home)
    if state is None:
        raise NotFound(f"no 'dataflow-health up' runs for {home}: dataflow-health service start")
    before = state.find(request.service)
    folder = home / REQUESTS
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f".{request.service}.{os.getpid()}"
    part.write_text(request.action)
    part.replace(folder / request.service)

    def is_done() -> bool:
        now = read(home)
        return now is not None and _is_done(request.action, before, now.find(request.service))

    _wait(is_done, timeout_s, f"{request.service} did not {request.action}")
    after = read(home)
    return before if after is None else after.find(request.service)


def wait_until_ended(home: Path, timeout_s: float) -> None:
    """Waits until no ``up`` is at work in a home.

    Raises:
        NotAllowed: One still is after this time.
    """
    _wait(lambda: not is_up(home), timeout_s, "'dataflow-health up' did not end")


def _is_done(action: Action, before: Service, now: Service) -> bool:
    if action == "stop":
        return now.state == "stopped"
    is_another = action == "start" or now.pid != before.pid
    return now.state == "running" and is_another


def _wait(is_done: Callable[[], bool], timeout_s: float, problem: str) -> None:
    end_s = time.monotonic() + timeout_s
    while not is_done():
        if time.monotonic() > end_s:
            raise NotAllowed(f"{problem} within {timeout_s:.0f} s; dataflow-health logs tail")
        time.sleep(POLL_S)
