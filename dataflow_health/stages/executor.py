"""Runs a function for each archive or recording of a stage: in threads of this process.

With a Spark cluster, :class:`~dataflow_health.stages.spark_executor.SparkExecutor` does it there.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


class Executor(Protocol):
    """Where the single items of a stage are processed."""

    def run(
        self, job: str, items: Sequence[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item, as it is made.

        Args:
            job: Name of the job, for errors and threads.
            items: The items.
            process: The function; it can be pickled, and may be called twice for an item.
        """
        ...


class ThreadExecutor:
    """Threads of this process: what takes long in a stage lets other threads work meanwhile."""

    def __init__(self, workers: int) -> None:
        """No thread is started yet.

        Args:
            workers: Number of threads.
        """
        self._workers = workers

    def run(
        self, job: str, items: Sequence[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item, as it is made; an error cancels what is left."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix=job) as pool:
            futures = {pool.submit(process, item): item for item in items}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
