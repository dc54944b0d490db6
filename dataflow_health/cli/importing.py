"""Imports of a command that needs Dagster, a quarter of a second sooner."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Python looks for no garbage meanwhile, and never among what is made here: all of it stays.

    It would go through all modules time and again as their number grows, and after that with each
    full collection.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
