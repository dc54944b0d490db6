"""A process that runs the whole chain over a landing folder, and is killed at one step of a stage.

A step is the begin or the end of a transaction, or a file that gets its name. Run as a module with
URL FOLDER STAGE STEP: SIGKILL before that step of that stage, or at its end when it has fewer. With
an empty STAGE it runs to the end. What it prints are the steps of each stage.
"""

import os
import signal
import sys
from functools import cache, partial
from pathlib import Path

from sqlalchemy import Engine, event

from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageOptions, StageRequest
from dataflow_health_tests.factories import DAY, LIMITS, dependencies
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages import local_spark


class Steps:
    """Counts the steps of the stage that runs."""

    def __init__(self, fatal_stage: str, fatal: int) -> None:
        self.fatal_stage, self.fatal = fatal_stage, fatal
        self.stage, self.count = "", 0

    def begin(self, stage: str) -> None:
        """A stage begins."""
        self.stage, self.count = stage, 0

    def step(self, *_details: object) -> None:
        """One step is about to happen."""
        if (self.stage, self.count) == (self.fatal_stage, self.fatal):
            self.die()
        self.count += 1

    def on_audit(self, name: str, _details: object) -> None:
        """A call of the interpreter that may give a file its name."""
        if name in ("os.rename", "os.link"):
            self.step()

    def die(self) -> None:
        """Ends this process as a power loss does."""
        os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, folder: Path, fatal_stage: str, fatal: int) -> None:
    """Runs the stages in order."""
    deps = dependencies(folder, open_ledger(url))
    steps = Steps(fatal_stage, fatal)
    for name in ("begin", "commit"):
        event.listen(Engine, name, steps.step)
    sys.addaudithook(steps.on_audit)
    spark = cache(partial(local_spark.start, folder / "spark"))
    request = StageRequest(DAY, f"run-{fatal_stage}")
    for stage in CHAIN:
        steps.begin(stage.name)
        stage.run(deps, request, StageOptions(str(folder / "landing"), 0, LIMITS, "zst", spark))
        sys.stdout.write(f"{stage.name} {steps.count}\n")
        if stage.name == fatal_stage:
            steps.die()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
