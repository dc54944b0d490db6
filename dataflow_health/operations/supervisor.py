"""Keeps programs running: one that dies is started again, later after every failure in a row."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from loguru import logger

from dataflow_health.operations.service_control import ControlFolder, Service
from dataflow_health.operations.service_log import ServiceLog

POLL_S = 0.5
"""Interval at which the programs are checked."""
STOP_TIMEOUT_S = 20
"""Seconds until a program is killed; Dagster waits for its own children when interrupted."""
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0
MAX_FAILURES = 5
"""Failures in a row after which a program is not started again."""
SET_BACK_S = 10.0
"""A clock that is set back by less delays the next work by as much, and is left alone."""
STEADY_AFTER_S = 300.0
"""A program that ran for this long has not failed in a row."""

Announce = Callable[[str, Mapping[str, str]], None]
"""Called with a title and labelled values when a program dies, and when all are given up."""


@dataclass(slots=True)
class Program:
    """A program to keep running.

    Attributes:
        name: Name for people.
        command: The command.
        service: Name for the command ``service``.
        log: File that its output is kept in; None to let it have the streams of this process.
        is_held: Whether a person has stopped it.
        starts_with: File that another program makes; this one is not started before.
        process: Its process; None while it waits to be started again.
        started_s: When it was started last, on the clock of the supervisor.
        started_at_s: The same, in seconds since 1970.
        starts_s: When it is to be started again.
        failures: How often it ended in a row.
        follows_clock: Whether it waits by the machine's clock: when that is set back, it would
            stand still for as long, and is started again instead.
        is_spare: Whether it only makes others faster: its end is its work done, and however often
            it fails, the others go on.
        is_once: Whether it is not started again once it has done its work.
    """

    name: str
    command: Sequence[str]
    service: str = ""
    log: ServiceLog | None = None
    is_held: bool = False
    starts_with: Path | None = None
    process: "subprocess.Popen[bytes] | None" = None
    started_s: float = 0.0
    started_at_s: float | None = None
    starts_s: float = 0.0
    failures: int = 0
    follows_clock: bool = False
    is_spare: bool = False
    is_once: bool = False


@dataclass(slots=True)
class Supervisor:
    """Runs programs together until they are stopped or one of them cannot be kept running.

    Attributes:
        programs: The programs.
        environ: Their environment variables.
        announce: Sends news.
        clock: A clock that is never set back, in seconds.
        first_pause_s: Pause before the first restart; it doubles with every failure in a row.
        wall_clock: The machine's clock, which may be set, in seconds.
        on_set_back: Called after the machine's clock was set back, and again when the programs that
            follow it are stopped.
        control: Files by which a person reads the state of the programs, and changes it.
        echoes: Whether the programs' output goes on to the streams of this process.
    """

    programs: Sequence[Program]
    environ: Mapping[str, str]
    announce: Announce
    clock: Callable[[], float] = field(default=time.monotonic)
    first_pause_s: float = FIRST_PAUSE_S
    wall_clock: Callable[[], float] = field(default=time.time)
    on_set_back: Callable[[], None] = field(default=lambda: None)
    control: ControlFolder | None = None
    echoes: bool = True
    _offset_s: float = field(default=-math.inf, init=False)

    def run(self) -> str:
        """Runs the programs until one cannot be kept running, and stops the others then.

        Each program has a process group of its own, so that what it leaves behind ends with it.

        Returns:
            Why monitoring has stopped.

        Raises:
            KeyboardInterrupt: The user ended it; the programs are stopped.
        """
        try:
            while not (reason := self._check()):
                time.sleep(POLL_S)
        finally:
            self._stop(self.programs)
        self.announce("[STOPPED] Dataflow Health: monitoring stopped", {"Reason": reason})
        return reason

    def _check(self) -> str:
        """Starts what is due; the reason when a program is given up, else an empty text."""
        self._follow_clock()
        self._follow_requests()
        for program in self.programs:
            if program.process is not None and program.process.poll() is not None:
                self._note_end(program, program.process)
                if program.failures >= MAX_FAILURES and not program.is_spare:
                    return f"{program.name} ended {program.failures} times in a row"
            if program.process is None and self._is_due(program):
                self._start(program)
        if self.control is not None:
            self.control.publish([_state(each) for each in self.programs if not each.is_spare])
        return ""

    def _follow_requests(self) -> None:
        """Does what a person asks for; a program that is stopped so has not failed."""
        for service, action in () if self.control is None else self.control.requests():
            for program in self.programs:
                if program.service != service:
                    continue
                logger.warning("{}: {} by request", program.name, action)
                if action != "start":
                    self._stop([program])
                    program.process = None
                program.is_held = action == "stop"
                program.failures, program.starts_s = 0, 0.0

    def _follow_clock(self) -> None:
        """Starts programs again that would stand still since the machine's clock was set back."""
        before_s, self._offset_s = self._offset_s, self.wall_clock() - self.clock()
        back_s = before_s - self._offset_s
        if back_s < SET_BACK_S:
            return
        following = [each for each in self.programs if each.follows_clock]
        names = ", ".join(each.name for each in following)
        logger.warning("the clock was set back by {:.0f} s; started again: {}", back_s, names)
        self.on_set_back()  # at once, because stopping takes a while
        self._stop(following)
        self.on_set_back()  # again, as they may have gone on until then
        for program in following:
            program.process = None

    def _is_due(self, program: Program) -> bool:
        if program.is_held:
            return False
        is_alone = program.starts_with is None or program.starts_with.exists()
        return is_alone and self.clock() >= program.starts_s

    def _start(self, program: Program) -> None:
        output = None if program.log is None else subprocess.PIPE
        program.process = subprocess.Popen(  # noqa: S603
            program.command, env=dict(self.environ), process_group=0, stdout=output, stderr=output
        )
        program.started_s, program.started_at_s = self.clock(), self.wall_clock()
        if program.log is not None:
            for read, echo in (
                (program.process.stdout, sys.stdout), (program.process.stderr, sys.stderr),
            ):  # fmt: skip
                assert read is not None  # noqa: S101  (a pipe, by the lines above)
                program.log.follow(read, echo.buffer if self.echoes else None)
        if program.failures:
            logger.warning("{} is started again", program.name)

    def _note_end(self, program: Program, process: "subprocess.Popen[bytes]") -> None:
        """Ends what the program left behind, and plans its next start."""
        _kill_group(process)
        ran_s = self.clock() - program.started_s
        program.failures = 1 if ran_s >= STEADY_AFTER_S else program.failures + 1
        if program.is_spare and process.returncode == 0:
            program.failures, program.process = 0, None
            program.starts_s = self.clock() + (math.inf if program.is_once else self.first_pause_s)
            return
        pause_s = min(MAX_PAUSE_S, self.first_pause_s * 2 ** (program.failures - 1))
        program.process, program.starts_s = None, self.clock() + pause_s
        how = _describe_end(process.returncode)
        logger.error("{} {} and is started again in {:.0f} s", program.name, how, pause_s)
        if program.failures == 1 and not program.is_spare:
            news = {"Program": program.name, "Ended": how, "Next": "it is started again by itself"}
            self.announce(f"[RESTARTED] Dataflow Health: {program.name} {how}", news)

    def _stop(self, programs: Sequence[Program]) -> None:
        running = [each.process for each in programs if each.process is not None]
        for process in running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT_S)
            _kill_group(process)
            process.wait()


def _state(program: Program) -> Service:
    process = program.process
    return Service(
        name=program.service,
        state="stopped" if program.is_held else "starting" if process is None else "running",
        pid=None if process is None else process.pid,
        started_s=program.started_at_s,
        failures=program.failures,
    )


def _describe_end(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kills what is left of a program, its children included."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
