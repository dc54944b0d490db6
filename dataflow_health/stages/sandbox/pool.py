"""Runs jobs on untrusted bytes in child processes that are kept for the next job.

A process that dies, exceeds a limit or sends nonsense refuses the archive or recording that it was
reading, and no other. One that was merely killed is tried once more in a new process, so that an
accident of the machine refuses nothing.
"""

import atexit
import functools
import signal
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from loguru import logger
from pydantic import BaseModel, ValidationError

from dataflow_health.errors import Refused, SandboxError
from dataflow_health.stages.sandbox import replies
from dataflow_health.stages.sandbox.child import Job
from dataflow_health.stages.sandbox.child_process import ChildEnded, ChildProcess
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.sandbox.replies import FaultReply, RefusalReply

Item = TypeVar("Item", bound=BaseModel)
Result = TypeVar("Result")

_ENDED_BY_PEOPLE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals of a service that is stopped: no fault of what was read."""


class Sandbox:
    """Child processes for untrusted bytes, as many as there are jobs at the same time."""

    def __init__(self, limits: SandboxLimits) -> None:
        """No process is started yet.

        Args:
            limits: Limits of each process.
        """
        self._limits = limits
        self._idle: list[ChildProcess] = []
        self._lock = Lock()

    def __reduce__(self) -> tuple[Callable[[SandboxLimits], "Sandbox"], tuple[SandboxLimits]]:
        """How to pickle it: another process gets its own with the same limits."""
        return shared, (self._limits,)

    def start(self) -> None:
        """Starts a process without waiting for it, so that the first job finds it ready."""
        with self._lock:
            if not self._idle:
                self._idle.append(ChildProcess(self._limits))

    def close(self) -> None:
        """Ends all processes that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def run(
        self,
        job: Job,
        *arguments: object,
        item: type[Item],
        handle: Callable[[Item], Result],
        refusal: type[Refused],
        subject: str,
    ) -> list[Result]:
        """Runs a job in a child process and handles its items one by one.

        Args:
            job: Function of a module, which the child process imports.
            arguments: Its arguments.
            item: Model of its items.
            handle: Called with every item before the job goes on; called again with the same items
                when the process was killed and the job starts over.
            refusal: Class of the refusal.
            subject: Name of what is read, for messages.

        Returns:
            Results of ``handle``.

        Raises:
            Refused: The job refused its input, or the process died of it; of the class given.
            StorageError: The process cannot read or write its files.
            SandboxError: No process can be started, or a person ended it.
        """
        for is_last in (False, True):
            try:
                return self._run_once(job, arguments, item, handle, refusal)
            except ChildEnded as ended:
                if ended.signal in _ENDED_BY_PEOPLE:
                    raise SandboxError(f"{subject}: {ended}") from None
                logger.warning("{}: {}", subject, ended)
                if is_last or ended.reason != "reader_crashed":
                    raise refusal(ended.reason, f"{subject}: {ended}") from None
        raise AssertionError("the last attempt returns or raises")

    def _run_once(
        self,
        job: Job,
        arguments: tuple[object, ...],
        item: type[Item],
        handle: Callable[[Item], Result],
        refusal: type[Refused],
    ) -> list[Result]:
        child = self._take()
        results: list[Result] = []
        is_reusable = False
        try:
            child.send((job, arguments))
            while (message := child.receive())[:1] == replies.ITEM:
                results.append(handle(item.model_validate_json(message[1:])))
                child.send_bytes(replies.NEXT)
            is_reusable = message == replies.END
            if not is_reusable:
                raise error_of(message, refusal)
        except ValidationError as error:
            raise ChildEnded(f"its reader sent nonsense: {error.errors()[0]['msg']}") from None
        except Refused as refused:
            is_reusable = refused.reason != "out_of_memory"
            raise
        finally:
            self._put_back(child) if is_reusable else child.kill()
        return results

    def _take(self) -> ChildProcess:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive:
                    return child
                child.kill()
        return ChildProcess(self._limits)

    def _put_back(self, child: ChildProcess) -> None:
        with self._lock:
            self._idle.append(child)


def error_of(message: bytes, refusal: type[Refused]) -> Exception:
    """The error of a message that is no item and no end."""
    if message[:1] == replies.REFUSED:
        return RefusalReply.model_validate_json(message[1:]).refusal(refusal)
    return FaultReply.model_validate_json(message[1:]).error()


@functools.lru_cache(maxsize=8)
def shared(limits: SandboxLimits | None = None) -> Sandbox:
    """The sandbox of this process with certain limits, made at first use.

    Args:
        limits: The limits; the defaults when None.
    """
    sandbox = Sandbox(limits or SandboxLimits())
    atexit.register(sandbox.close)
    return sandbox
