"""Sandbox: extract and parse in child processes, compared with the same code in the stage's own.

Both sides read and write the same files, durably, with two threads.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from benchmarks import fixtures
from benchmarks.fixtures import Installation
from benchmarks.measure import Measurement, Target, compare
from dataflow_health import wiring
from dataflow_health.errors import Refused
from dataflow_health.stages.chain import UNHEALED
from dataflow_health.stages.sandbox.child import Job
from dataflow_health.stages.sandbox.pool import Item, Result, Sandbox
from dataflow_health.stages.stage import StageRequest

STAGES = {"extract": UNHEALED[1].run, "parse": UNHEALED[2].run}
MOST_COST = 0.10
"""Share of a stage's throughput that the child processes may cost."""


class OwnProcess(Sandbox):
    """Runs jobs in this process, without limits."""

    def run(
        self,
        job: Job,
        *arguments: object,
        item: type[Item],
        handle: Callable[[Item], Result],
        refusal: type[Refused],  # noqa: ARG002 -- part of the interface
        subject: str,  # noqa: ARG002
    ) -> list[Result]:
        """Runs a job and handles its items."""
        return [handle(item.model_validate(each.model_dump())) for each in job(*arguments)]


def run(*, quick: bool = False) -> list[Measurement]:
    """Extracts and parses a day again and again, all of it."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    installation = fixtures.new_installation(fleet)
    next(iter(fixtures.stages(installation).values()))()
    found: list[Measurement] = []
    size_mb = sum(len(fixtures.recording(fleet, n)[1]) for n in range(fleet.recordings)) / 1e6
    for stage in STAGES:
        seconds = compare(dict(_sides(stage, installation)), repetitions=3 if quick else 7)
        own_s, child_s = seconds["own process"], seconds["child processes"]
        target = Target(">=", 1 - MOST_COST)
        found.append(Measurement(f"{stage}, own process", size_mb / own_s, "MB/s"))
        found.append(
            Measurement(
                f"{stage}, child processes",
                size_mb / child_s,
                "MB/s",
                own_s / child_s,
                "own process",
                target,
            )
        )
    installation.deps.engine.dispose()
    return found


def _sides(stage: str, installation: Installation) -> Iterator[tuple[str, Callable[[], object]]]:
    options = wiring.stage_options(installation.settings, fixtures.spark)
    request = StageRequest(fixtures.DAY, force=True)
    limits = wiring.sandbox_limits(installation.settings)
    for name, sandbox in (
        ("own process", OwnProcess(limits)),
        ("child processes", installation.deps.sandbox),
    ):
        deps = replace(installation.deps, sandbox=sandbox)
        yield name, partial(_run, stage, partial(STAGES[stage], deps, request, options))


def _run(stage: str, run_stage: Callable[[], object]) -> None:
    summary = run_stage()
    if getattr(summary, "quarantined", 1) or not getattr(summary, "done", 0):
        raise AssertionError(f"{stage} refused recordings")
