"""Runs a function for each archive or recording of a stage: in threads of this process.

With a Spark cluster, :class:`~dataflow_health.stages.spark_executor.SparkExecutor` does it there.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import Protocol, TypeVar

AHEAD = 4
"""Items for each thread that are begun or made before what came of earlier ones is taken."""

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
        self, job: str, items: Iterable[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        """What the function makes of each item, as it is made; an error cancels what is left.

        Memory does not grow with the number of items: they are taken one by one, what was made is
        not kept, and work stops while nothing of it is taken.
        """
        waiting = iter(items)
        with ThreadPoolExecutor(self._workers, thread_name_prefix=job) as pool:
            begun = {pool.submit(process, i): i for i in islice(waiting, AHEAD * self._workers)}
            try:
                while begun:
                    for future in wait(begun, return_when=FIRST_COMPLETED).done:
                        item = begun.pop(future)
                        begun |= {pool.submit(process, i): i for i in islice(waiting, 1)}
                        yield item, future.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
