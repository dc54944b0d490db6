"""Extract, parse, compress and store in threads of the run, compared with a pool of processes.

The processes are started and have imported everything before they are measured; what that takes is
a measurement of its own, because a run starts them anew. Extract and parse open recordings in
sandboxes, which are processes of their own on both sides.
"""

import multiprocessing
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial

from benchmarks import fixtures
from benchmarks.fixtures import DAY, Installation
from benchmarks.measure import Measurement, compare, time_call_s
from dataflow_health import wiring
from dataflow_health.stages.chain import UNHEALED, Stage
from dataflow_health.stages.executor import Item, Made
from dataflow_health.stages.stage import Dependencies, StageRequest

STAGES = ("extract", "parse", "compress", "store")
THREADS, PROCESSES = "threads", "processes"


class ProcessExecutor:
    """Processes that share nothing with the run: declarations are pickled once an item."""

    def __init__(self, workers: int) -> None:
        """No process is started yet.

        Args:
            workers: Number of processes.
        """
        context = multiprocessing.get_context("forkserver")
        self._pool = ProcessPoolExecutor(workers, mp_context=context)

    def run(
        self,
        job: str,  # noqa: ARG002 -- part of the interface
        items: Sequence[Item],
        process: Callable[[Item], Made],
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item, as it is made."""
        begun = {self._pool.submit(process, item): item for item in items}
        for future in as_completed(begun):
            yield begun[future], future.result()

    def close(self) -> None:
        """Ends the processes."""
        self._pool.shutdown()


def run(*, quick: bool = False) -> list[Measurement]:
    """Processes one day again and again, in turn by threads and by processes."""
    installation = fixtures.new_installation(fixtures.TINY if quick else fixtures.FEW)
    for name, work in fixtures.stages(installation).items():
        if name == "ingest":
            break
        work()
    chain = [stage for stage in UNHEALED if stage.name in STAGES]
    processes = ProcessExecutor(installation.deps.workers)
    first_s = time_call_s(partial(_run, installation, processes, chain[-1]))
    rows: list[Measurement] = []
    for stage in chain:
        seconds = compare(_sides(installation, processes, stage), repetitions=3 if quick else 5)
        rows += _rows(installation, stage.name, seconds)
    processes.close()
    rows.append(
        Measurement(
            f"start of {installation.deps.workers} processes, once a run",
            first_s - seconds[PROCESSES],
            "s",
        )
    )
    return rows


def _sides(
    installation: Installation, processes: ProcessExecutor, stage: Stage
) -> Mapping[str, Callable[[], object]]:
    return {
        THREADS: partial(_run, installation, None, stage),
        PROCESSES: partial(_run, installation, processes, stage),
    }


def _run(installation: Installation, executor: ProcessExecutor | None, stage: Stage) -> None:
    deps: Dependencies = replace(installation.deps, cluster=executor)
    options = wiring.stage_options(installation.settings, fixtures.spark)
    summary = stage.run(deps, StageRequest(DAY, force=True), options)
    if summary.done != installation.fleet.recordings:
        raise AssertionError(f"{stage.name}: {summary.done} items were processed")


def _rows(
    installation: Installation, stage: str, seconds: Mapping[str, float]
) -> list[Measurement]:
    count = installation.fleet.recordings
    of = installation.fleet.name.partition(" of ")[2]
    threads_s, processes_s = seconds[THREADS], seconds[PROCESSES]
    return [
        Measurement(f"{stage} of {of}, threads", count / threads_s, "recordings/s"),
        Measurement(
            f"{stage} of {of}, processes",
            count / processes_s,
            "recordings/s",
            threads_s / processes_s,
            THREADS,
        ),
    ]
