"""A process that runs alert cycles and is killed at one step of one of them.

Run as a module with URL HOOK STEP CYCLE FIRST OUTCOME...: one cycle, at a minute of its own, for
each OUTCOME (``failed``, ``passed``) from the FIRST on; SIGKILL at STEP of cycle CYCLE.
"""

import os
import signal
import sys

from dataflow_health.storage.sql import database
from dataflow_health_tests.alerting.alert_scene import AlertScene, make_evidence

STEPS = (
    "before updating incidents",
    "after updating incidents",
    "before sending",
    "after sending",
    "after saving",
)


def main(url: str, hook: str, step: str, killed_in: int, first: int, outcomes: list[str]) -> None:
    """Runs the cycles from ``first`` on."""
    scene = AlertScene(database.connect(url), hook)
    for number, outcome in enumerate(outcomes):

        def pause(name: str, number: int = number) -> None:
            if name == step and number == killed_in:
                os.kill(os.getpid(), signal.SIGKILL)

        scene.pause = pause
        if number < first:
            scene.skip_cycle()
            continue
        evidence = [make_evidence(1)] if outcome == "failed" else []
        scene.record("parse", "frames_in_sync", outcome, *evidence)
        scene.run_cycle()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:])
