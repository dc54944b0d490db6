"""A supervisor in a thread, as ``up`` runs it: two programs that print and wait."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from dataflow_health.operations import home_claim, service_control
from dataflow_health.operations.service_control import ControlFolder
from dataflow_health.operations.service_log import ServiceLog
from dataflow_health.operations.supervisor import Program, Supervisor
from dataflow_health_tests.waiting import wait_until

PRINTS = [sys.executable, "-u", "-c", "print('ready'); import time; time.sleep(600)"]


class _Ended(BaseException):
    """Ends the supervisor, as the signal of a person does."""


@contextmanager
def running_services(home: Path) -> Iterator[Supervisor]:
    """Services ``daemon`` and ``api`` of an ``up`` in a home."""
    programs = [
        Program(name, PRINTS, name, ServiceLog(home / "logs" / f"{name}.log"))
        for name in ("daemon", "api")
    ]
    control = ControlFolder(home, {"host": "127.0.0.1", "port": "1", "api-port": "0"})
    is_ending = []

    def clock() -> float:
        if is_ending:
            raise _Ended
        return 0.0

    def run() -> None:
        try:
            supervisor.run()
        except _Ended:
            return

    supervisor = Supervisor(
        programs, dict(os.environ), lambda *_: None, clock=clock, control=control, echoes=False
    )
    thread = Thread(target=run)
    with home_claim.claim(home):
        thread.start()
        wait_until(lambda: (state := service_control.read(home)) and len(state.services) == 2)
        yield supervisor
        is_ending.append(True)
        thread.join(60)
