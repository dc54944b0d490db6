"""The handle of one child process: its start, its messages and its end."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection

from dataflow_health import settings
from dataflow_health.errors import SandboxError
from dataflow_health.stages.sandbox import replies
from dataflow_health.stages.sandbox.limits import SandboxLimits

_END_WITHIN_S = 10.0
"""Seconds within which a process ends whose socket was closed."""

_ERROR_CHARACTERS = 500
"""Characters of the end of standard error that explain a process that did not start."""


class ChildEnded(Exception):
    """The process ended, or had to be ended, while it read an archive or recording.

    Attributes:
        reason: Reason code of the refusal.
        signal: Signal that ended it; None if none did.
    """

    def __init__(
        self, detail: str, reason: str = "reader_crashed", ended_by: int | None = None
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.signal = ended_by


class ChildProcess:
    """One child process. It starts in the background; the first message waits for it."""

    def __init__(self, limits: SandboxLimits) -> None:
        """Starts the process.

        Args:
            limits: Its limits.

        Raises:
            SandboxError: The process cannot be started.
        """
        self._limits = limits
        self._is_ready = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the process
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 -- our own module
                    [sys.executable, *_FLAGS, "-m", _MODULE, str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=self._errors,
                    stderr=self._errors,
                    env=_environment(),
                    start_new_session=True,  # Ctrl-C in a terminal ends the stage, not its reader
                )
            except OSError as error:
                ours.close()
                self._errors.close()
                raise SandboxError(f"no process for untrusted bytes: {error}") from error
        self._connection: Connection[object, bytes] = Connection(ours.detach())
        self._connection.send(limits)

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send(self, value: object) -> None:
        """Sends a job, once the process is ready.

        Raises:
            SandboxError: The process did not start.
        """
        if not self._is_ready:
            self._wait_until_ready()
        try:
            self._connection.send(value)
        except OSError:
            raise self._ended() from None

    def send_bytes(self, message: bytes) -> None:
        """Sends a message to a process that waits for one.

        Raises:
            ChildEnded: The process has ended.
        """
        try:
            self._connection.send_bytes(message)
        except OSError:
            raise self._ended() from None

    def receive(self) -> bytes:
        """The next message.

        Raises:
            ChildEnded: The process ended, or sent nothing for too long.
        """
        silence_s = self._limits.silence_s
        try:
            if not self._connection.poll(silence_s):
                detail = f"its reader was ended after {silence_s:,.0f} s without an answer"
                raise ChildEnded(detail, "no_answer")
            return self._connection.recv_bytes(replies.LONGEST_BYTES)
        except (EOFError, OSError):
            raise self._ended() from None

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()
        self._process.wait()
        self._release()

    def close(self) -> None:
        """Ends an idle process by closing its socket."""
        self._connection.close()
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._release()

    def _release(self) -> None:
        self._connection.close()
        self._errors.close()

    def _wait_until_ready(self) -> None:
        try:
            self._is_ready = self.receive() == replies.READY
        except ChildEnded as ended:
            self._errors.seek(0)
            shown = self._errors.read().decode("utf-8", "replace").strip()[-_ERROR_CHARACTERS:]
            raise SandboxError(f"no process for untrusted bytes: {ended}: {shown}") from None

    def _ended(self) -> ChildEnded:
        """Why a process that closed its socket ended."""
        try:
            code = self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            return ChildEnded("its reader closed its socket")
        if code == -signal.SIGXCPU:
            detail = f"reading it takes more than {self._limits.cpu_s:,} s of CPU time"
            return ChildEnded(detail, "cpu_limit", signal.SIGXCPU)
        if code < 0:
            name = signal.Signals(-code).name
            return ChildEnded(f"its reader was ended by {name}", ended_by=-code)
        return ChildEnded(f"its reader ended with exit code {code}")


_MODULE = "dataflow_health.stages.sandbox.child"
_FLAGS = ("-P", *(("-B",) if sys.dont_write_bytecode else ()))


def _environment() -> dict[str, str]:
    """Environment of the process: where Python finds modules, one thread, and no secret."""
    return settings.loader_environment() | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
