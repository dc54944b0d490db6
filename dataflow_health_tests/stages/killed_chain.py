"""A process that runs the whole chain over a landing folder, after others that were killed at it.

Run as a module with URL FOLDER STAGE:STEP...: for each STAGE:STEP a child process runs the chain
and dies by SIGKILL before that step of that stage, or at the stage's end when it has fewer; then a
last one runs to the end. What it prints are the steps of each stage. The children are forks: what
is imported once serves all of them, and nothing else is.
"""

import signal
import sys
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks.kill_steps import Steps
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageOptions, StageRequest
from dataflow_health_tests.factories import DAY, LIMITS, dependencies
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages import local_spark


def run(url: str, folder: Path, fatal_stage: str = "", fatal: int = 0) -> None:
    """Runs the stages in order."""
    deps = dependencies(folder, open_ledger(url))
    steps = Steps(fatal_stage, fatal)
    steps.listen()
    spark = cache(partial(local_spark.start, folder / "spark"))
    request = StageRequest(DAY, f"run-{fatal_stage}")
    for stage in CHAIN:
        steps.begin(stage.name)
        stage.run(deps, request, StageOptions(str(folder / "landing"), 0, LIMITS, "zst", spark))
        sys.stdout.write(f"{stage.name} {steps.count}\n")
        steps.end()


def main(url: str, folder: Path, deaths: list[str]) -> None:
    """Runs the chain once for each death, and then to the end."""
    for death in deaths:
        stage, step = death.split(":")
        child = get_context("fork").Process(target=run, args=(url, folder, stage, int(step)))
        child.start()
        child.join()
        if child.exitcode != -signal.SIGKILL:
            raise SystemExit(f"{death} was not its end, but {child.exitcode}")
    run(url, folder)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
