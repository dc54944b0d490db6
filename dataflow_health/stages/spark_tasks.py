"""Spark jobs of the stages: files in balanced tasks, processed by Python in the workers.

Spark only brings paths to the workers and small results back; no row of a recording passes through
Java or the driver.
"""

import gc
import heapq
import importlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.functions import spark_partition_id

from dataflow_health.stages.spark_faults import translate_errors

TASKS_PER_CORE = 4
"""More than one, so that a core which is late leaves work to the others."""
CELLS_WORTH_A_TASK = 1 << 20
"""Values of the table whose work is worth a task of its own: each costs Java and Python some tens
of milliseconds."""
CELLS_PER_TASK = 1 << 23
"""Values of the table in one task at most, unless one file has more: 64 MB of numbers. A cluster
whose workers have not all come yet then still gets enough tasks for them."""

Item = TypeVar("Item")


def run(
    session: SparkSession,
    job: str,
    files: Sequence[tuple[int, Item]],
    process: Callable[[Sequence[Item]], Iterator[pa.RecordBatch]],
    schema: str,
) -> pa.Table:
    """Results of a function that the workers call for the files of every task.

    Args:
        session: The Spark session.
        job: Name of the job, for the error.
        files: Size in cells and description of each file.
        process: Returns the results of some files; may be called twice for them.
        schema: Columns of the results, in Spark's words.

    Raises:
        SparkError: The job failed.
    """
    with translate_errors(job):
        total = sum(size for size, _ in files)
        tasks = balance(files, task_count(_cores(session), total))
        if hasattr(session, "_jsc"):
            return _run_as_partitions(session, tasks, process)
        numbers = session.range(0, len(tasks), 1, len(tasks))
        results: pa.Table = numbers.mapInArrow(_map_function(tasks, process), schema).toArrow()
        return results


@dataclass(frozen=True, slots=True)
class EachItem(Generic[Item]):
    """Processes the files of a task one by one.

    Attributes:
        process: Returns the results of one file.
    """

    process: Callable[[Item], Iterator[pa.RecordBatch]]

    def __call__(self, items: Sequence[Item]) -> Iterator[pa.RecordBatch]:
        """The results of all files."""
        for item in items:
            yield from self.process(item)


def warm_up(session: SparkSession) -> None:
    """Starts a worker for each core of this machine, with the modules of ingest and analyse.

    Python and its modules take a worker about a second; meanwhile, earlier stages go on.

    Raises:
        SparkError: The job failed.
    """
    if hasattr(session, "_jsc") and str(session.sparkContext.master).startswith("local"):
        workers = [(1, number) for number in range(_cores(session))]
        run(session, "warm-up", workers, _import_modules, "module string")


def _import_modules(_workers: Sequence[int]) -> Iterator[pa.RecordBatch]:
    modules = ("dataflow_health.stages.table_writer", "dataflow_health.stages.file_analysis")
    yield pa.record_batch({"module": [importlib.import_module(each).__name__ for each in modules]})


def task_count(cores: int, cells: int) -> int:
    """Number of tasks for a number of values of the table: one a core at least. Pure."""
    worth_it = min(TASKS_PER_CORE * cores, cells // CELLS_WORTH_A_TASK)
    return max(cores, worth_it, -(-cells // CELLS_PER_TASK))


def _run_as_partitions(
    session: SparkSession,
    tasks: Sequence[Sequence[Item]],
    process: Callable[[Sequence[Item]], Iterator[pa.RecordBatch]],
) -> pa.Table:
    """The results of a session of this process, without Spark SQL.

    A query would be planned and compiled first, which costs more than small jobs do, and each task
    would get the files of all. A Connect server takes queries only.
    """
    partitions = session.sparkContext.parallelize(tasks, len(tasks))
    streams = partitions.mapPartitions(_PartitionFunction(process)).collect()
    tables = [pa.ipc.open_stream(stream).read_all() for stream in streams]
    return pa.concat_tables(tables)


@dataclass(frozen=True, slots=True)
class _PartitionFunction(Generic[Item]):
    """Turns the tasks of a partition into Arrow streams of their results."""

    process: Callable[[Sequence[Item]], Iterator[pa.RecordBatch]]

    def __call__(self, tasks: Iterable[Sequence[Item]]) -> Iterator[bytes]:
        """One stream for a task."""
        for items in tasks:
            batches = list(self.process(items))
            sink = io.BytesIO()
            with pa.ipc.new_stream(sink, batches[0].schema) as stream:
                for batch in batches:
                    stream.write_batch(batch)
            yield sink.getvalue()
        keep_imports()


def _cores(session: SparkSession) -> int:
    """Cores of the workers; a Connect server gives them only as the partitions of a range."""
    if hasattr(session, "_jsc"):
        cores: int = session.sparkContext.defaultParallelism
        return cores
    return max(session.range(1 << 16).select(spark_partition_id()).distinct().count(), 1)


def balance(files: Sequence[tuple[int, Item]], count: int) -> list[list[Item]]:
    """Files in tasks of about the same size: the largest first, each to the smallest task. Pure.

    Args:
        files: Size and description of each file.
        count: Number of tasks, unless there are fewer files.
    """
    tasks: list[list[Item]] = [[] for _ in range(min(count, len(files)))]
    by_size = [(0, 0, number) for number in range(len(tasks))]
    for size, item in sorted(files, key=lambda each: -each[0]):
        total, _, number = by_size[0]
        tasks[number].append(item)
        heapq.heapreplace(by_size, (total + size, len(tasks[number]), number))
    return tasks


def _map_function(
    tasks: Sequence[Sequence[Item]], process: Callable[[Sequence[Item]], Iterator[pa.RecordBatch]]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for Spark's ``mapInArrow`` that turns numbers of tasks into results."""

    def process_tasks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from process(tasks[number])
        keep_imports()

    return process_tasks


@cache
def keep_imports() -> None:
    """Takes what this process has imported out of the garbage collection, once.

    Spark's Python collects garbage after every task, and would go through all modules each time.
    """
    gc.collect()
    gc.freeze()
