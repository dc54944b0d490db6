"""The two databases that ledgers and results are measured on."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import fixtures, postgresql
from dataflow_health.storage.sql import database

KINDS = ("SQLite", "PostgreSQL")


@contextmanager
def opened(kind: str, kept: Path | None = None) -> Iterator[Engine]:
    """A database of one of :data:`KINDS`.

    Args:
        kind: Its kind.
        kept: Folder in which it stays; without one it is empty, and gone afterwards.
    """
    with ExitStack() as stack:
        if kind == "PostgreSQL":
            url = stack.enter_context(postgresql.serve(kept))
        else:
            made = tempfile.TemporaryDirectory(dir=fixtures.work_folder())
            folder = kept or Path(stack.enter_context(made))
            url = f"sqlite:///{folder / 'ledger.sqlite'}"
        engine = database.connect(url)
        stack.callback(engine.dispose)
        yield engine
