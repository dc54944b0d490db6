"""Runs a function for each archive or recording of a stage as tasks of a Spark cluster.

The workers read and write the lake; only what the function returns comes back to this process,
which alone writes the ledger.
"""

import pickle
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import pyarrow as pa
from pyspark.sql import SparkSession

from dataflow_health import logs
from dataflow_health.stages import spark_tasks
from dataflow_health.stages.executor import Item, Made

ITEMS_PER_JOB = 512
"""Items whose results come back together: what a killed process has to do again, and holds."""
SPARK_SCHEMA = "number bigint, made binary"


@dataclass(frozen=True, slots=True)
class _NumberedFunction(Generic[Item, Made]):
    """The function for the workers: an item with its number to a row of the schema."""

    process: Callable[[Item], Made]

    def __call__(self, numbered: tuple[int, Item]) -> Iterator[pa.RecordBatch]:
        number, item = numbered
        made = pickle.dumps(self.process(item))
        yield pa.record_batch({"number": pa.array([number], pa.int64()), "made": [made]})


class SparkExecutor:
    """Tasks of Spark, of about the same number of bytes each."""

    def __init__(self, spark: Callable[[], SparkSession]) -> None:
        """No session is started yet.

        Args:
            spark: Returns the session.
        """
        self._spark = spark

    def run(
        self, job: str, items: Sequence[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item; the declarations in it are pickled once a job.

        Raises:
            SparkError: The job failed.
        """
        worker_function = logs.WorkerFunction(spark_tasks.EachItem(_NumberedFunction(process)), {})
        for start in range(0, len(items), ITEMS_PER_JOB):
            batch = items[start : start + ITEMS_PER_JOB]
            sized = [(_size(item), (number, item)) for number, item in enumerate(batch)]
            rows = spark_tasks.run(self._spark(), job, sized, worker_function, SPARK_SCHEMA)
            for row in rows.to_pylist():
                yield batch[row["number"]], pickle.loads(row["made"])  # noqa: S301 -- our workers'


def _size(item: Any) -> int:  # noqa: ANN401 -- an archive has no size in the ledger's work list
    """Bytes of a recording; an archive counts as one of a megabyte."""
    size: int = getattr(item, "size_bytes", 1 << 20)
    return size
