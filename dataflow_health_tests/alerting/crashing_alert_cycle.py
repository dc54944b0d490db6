"""A process that makes rounds of on call, and is killed at one step of one of them.

Run as a module with URL HOOK STEP ROUND FIRST OUTCOME...: one round for each OUTCOME (``failed``,
``passed``) from the FIRST on, each at a minute of its own; SIGKILL at STEP of round ROUND.
"""

import os
import signal
import sys

from dataflow_health.storage.sql import database
from dataflow_health_tests.alerting.alert_servers import AlertScene, make_evidence
from dataflow_health_tests.alerting.test_incident_engine import PROCESSES

STEPS = ("before looking", "after looking", "before sending", "after sending", "after writing")


def main(url: str, hook: str, step: str, dies_in: int, first: int, outcomes: list[str]) -> None:
    """Makes the rounds from ``first`` on."""
    duty = AlertScene(database.connect(url), hook, PROCESSES)
    for number, outcome in enumerate(outcomes):

        def pause(name: str, number: int = number) -> None:
            if name == step and number == dies_in:
                os.kill(os.getpid(), signal.SIGKILL)

        duty.pause = pause
        if number >= first:
            duty.answer(
                "parse", "frames_in_sync", outcome, *([make_evidence(1)] * (outcome == "failed"))
            )
            duty.round()
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
        else:
            duty.round_passed()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:])
