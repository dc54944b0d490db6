"""Costs: the CPU time of each stage and of its parts, which explains the ratios of the others.

A *stage* is the CPU time of all its processes: this one, sandboxes, Java and Spark's workers, with
everything running as always. Its *parts* are measured in a second installation, in one process and
one thread, without what they call: what remains of the stage is Spark, Java, messages and threads.
"""

import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from inspect import isgeneratorfunction
from pathlib import Path
from threading import local
from typing import Any
from unittest.mock import patch

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import benchmark_algorithms, fixtures, tuned
from benchmarks.fixtures import Fleet
from benchmarks.measure import Measurement
from benchmarks.sandbox import OwnProcess
from dataflow_health import wiring
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight import decoders, quality
from dataflow_health.flight.algorithms import algorithm, flight_segment
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.stages import (
    algorithm_runs,
    file_analysis,
    result_files,
    spark_tasks,
    table_writer,
    tsv_format,
)
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.executor import Item, Made
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.files import lake, recording_table
from dataflow_health.storage.ledger import ledger, pending, stage_records

PARTS: Mapping[str, Sequence[tuple[object, str]]] = {
    "files: write, sync, rename": [
        (lake.Lake, "write"), (lake.Lake, "adopt"), (lake.Lake, "move"),
        (lake.Lake, "remove_folder"),
    ],
    "files: read": [(lake.Lake, "read")],
    "SHA-256": [(lake, "sha256"), (lake, "file_sha256")],
    "ledger": [
        (ledger, "begin"), (ledger, "finish"), (ledger, "finish_in"), (pending, "recordings"),
        (pending, "archives"), (stage_records, "find"), (ledger, "replace_file_digest"),
    ],
    "decode words": [(decoders.DECODERS, "arinc717")],
    "judge quality": [(quality, "assess_quality")],
    "counts to Arrow": [(recording_table, "to_table")],
    "counts from Arrow": [(recording_table, "from_table")],
    "engineering values": [(tsv_format, "to_data_frame")],
    "write text": [(tsv_format, "to_tsv")],
    "compress text": [(tsv_format, "compress")],
    "inflate text": [(tsv_format, "decompress")],
    "fingerprint of values": [(tsv_format, "fingerprint")],
    "read text": [(tsv_format, "decode")],
    "part of the flight": [(flight_segment, "flight_part")],
    "write Parquet": [(pq.ParquetWriter, "write_table"), (pq.ParquetWriter, "close")],
    "read Parquet": [(pq.ParquetFile, "read"), (pq.ParquetFile, "read_row_group")],
    "join recordings": [(table_writer, "to_arrow")],
    "count what landed": [(table_writer, "_count_rows")],
    "rows as flights": [(algorithm_runs, "to_flight")],
    "algorithms": [(algorithm, "run_algorithms")],
    "results as Arrow": [(algorithm_runs, "to_arrow")],
    "result files": [(result_files, "write"), (result_files, "summarise")],
}  # fmt: skip
"""Functions of each part, by the module, class or mapping that they are in."""

LEAST_SHARE = 0.05
"""Share of a stage below which a part has no line."""


SHORT = replace(fixtures.MANY, name="400 of 12 min", recordings=400)


def run(*, quick: bool = False) -> list[Measurement]:
    """Measures fleets of long and of short recordings; a small fleet of short ones if quick."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, SHORT)
    return [row for fleet in fleets for row in _measure(fleet)]


def _measure(fleet: Fleet) -> Iterator[Measurement]:
    _whole(fleet)  # warms all processes up
    _parts(replace(fleet, recordings=2, aircraft=1))
    stages, parts, tuned_s = _whole(fleet), _parts(fleet), _tuned_s(fleet)
    per_recording = 1000 / fleet.recordings
    unit = "ms of CPU/recording"
    ours_s = sum(stages.values())
    yield Measurement(
        f"{fleet.name}: chain", ours_s * per_recording, unit, tuned_s / ours_s, "hand-tuned polars"
    )
    for stage, total_s in stages.items():
        named = sorted(parts[stage].items(), key=lambda each: -each[1])
        rest_s = total_s - sum(seconds for _, seconds in named)
        for part, seconds in [("", total_s), *named, ("all else", rest_s)]:
            if not part or seconds >= LEAST_SHARE * total_s:
                name = f"{fleet.name}: {stage}{part and f': {part}'}"
                yield Measurement(name, seconds * per_recording, unit)


def _tuned_s(fleet: Fleet) -> float:
    """CPU seconds of the hand-tuned script, which was run once before."""
    zips = sorted(fixtures.landing(fleet).glob("*.zip"))
    layout = generic_layout()
    wanted = benchmark_algorithms.read_exceedances(load(BUILTIN_FOLDER).algorithms, layout)
    seconds = 0.0
    for _ in range(2):
        with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
            start_s = time.process_time()
            tuned.run(zips, layout, wanted, Path(folder))
            seconds = time.process_time() - start_s
    return seconds


def _whole(fleet: Fleet) -> Mapping[str, float]:
    """CPU seconds of each stage, of all processes."""
    installation = fixtures.new_installation(fleet)
    fixtures.spark()
    found = {}
    for name, work in fixtures.stages(installation).items():
        start_s = _cpu_s()
        work()
        found[name] = _cpu_s() - start_s
    installation.deps.engine.dispose()
    shutil.rmtree(installation.settings.home)
    return found


def _cpu_s() -> float:
    """CPU seconds of this process and of all that it started and that still run."""
    this = psutil.Process()
    return sum(sum(each.cpu_times()[:2]) for each in [this, *this.children(recursive=True)])


class _Stopwatch:
    """CPU seconds of parts, each without the parts that it calls."""

    def __init__(self) -> None:
        self.parts_s: defaultdict[str, float] = defaultdict(float)
        self._local = local()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Counts the CPU time of a block."""
        outer_s, self._local.inner_s = getattr(self._local, "inner_s", 0.0), 0.0
        start_s = time.process_time()
        try:
            yield
        finally:
            total_s = time.process_time() - start_s
            self.parts_s[name] += total_s - self._local.inner_s
            self._local.inner_s = outer_s + total_s


class _Inline:
    """Processes the items of a stage one after the other, in this thread."""

    def __init__(self, _workers: int = 1) -> None:
        """Takes the argument of an executor with threads."""

    def run(
        self, _job: str, items: Sequence[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item."""
        for item in items:
            yield item, process(item)


def _parts(fleet: Fleet) -> Mapping[str, Mapping[str, float]]:
    """CPU seconds of the parts of each stage, in this process alone."""
    installation = fixtures.new_installation(fleet)
    deps = replace(
        installation.deps,
        workers=1,
        cluster=_Inline(),
        sandbox=OwnProcess(wiring.sandbox_limits(installation.settings)),
    )
    options = wiring.stage_options(installation.settings, lambda: None)
    found = {}
    for stage in CHAIN:
        stopwatch = _Stopwatch()
        with _measured(stopwatch), stopwatch.part("other Python"):
            stage.run(deps, StageRequest(fixtures.DAY), options)
        found[stage.name] = dict(stopwatch.parts_s)
    installation.deps.engine.dispose()
    shutil.rmtree(installation.settings.home)
    return found


@contextmanager
def _measured(stopwatch: _Stopwatch) -> Iterator[None]:
    """Has a stopwatch around the functions of all parts, wherever they were imported."""
    modules = [m for name, m in sys.modules.items() if name.startswith("dataflow_health.")]
    with ExitStack() as stack:
        stack.enter_context(patch.object(spark_tasks, "run", _run_here))
        stack.enter_context(patch.object(file_analysis, "ThreadExecutor", _Inline))
        for part, functions in PARTS.items():
            for owner, name in functions:
                if isinstance(owner, dict):
                    timed = _timed(stopwatch, part, owner[name])
                    stack.enter_context(patch.dict(owner, {name: timed}))
                    continue
                function = getattr(owner, name)
                timed = _timed(stopwatch, part, function)
                stack.enter_context(patch.object(owner, name, timed))
                for module in modules:
                    for known, value in list(vars(module).items()):
                        if value is function:
                            stack.enter_context(patch.object(module, known, timed))
        yield


def _timed(stopwatch: _Stopwatch, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- any function
        with stopwatch.part(part):
            return function(*args, **kwargs)

    @wraps(function)
    def timed_items(*args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401
        items = function(*args, **kwargs)
        while True:
            with stopwatch.part(part):
                item = next(items, None)
            if item is None:
                return
            yield item

    return timed_items if isgeneratorfunction(function) else timed


def _run_here(
    _session: object,
    _job: str,
    files: Sequence[tuple[int, Item]],
    process: Callable[[Item], Iterator[pa.RecordBatch]],
    _schema: str,
) -> pa.Table:
    """Processes the files of a Spark job in this process."""
    batches = [batch for _, item in files for batch in process(item)]
    return pa.Table.from_batches(batches)
