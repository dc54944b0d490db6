"""A process that runs the whole chain over a landing folder, and is killed at one step of a stage.

Run as a module with URL FOLDER STAGE STEP: SIGKILL before that step of that stage, or at its end
when it has fewer. With an empty STAGE it runs to the end. What it prints are the steps of each
stage.
"""

import sys
from functools import cache, partial
from pathlib import Path

from benchmarks.kill_steps import Steps
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageOptions, StageRequest
from dataflow_health_tests.factories import DAY, LIMITS, dependencies
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages import local_spark


def main(url: str, folder: Path, fatal_stage: str, fatal: int) -> None:
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


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
