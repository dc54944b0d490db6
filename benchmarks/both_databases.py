"""The two databases that ledgers and results are measured on."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import fixtures, postgresql
from dataflow_health.storage.sql import database

KINDS = ("SQLite", "PostgreSQL")


@contextmanager
def opened(kind: str) -> Iterator[Engine]:
    """An empty database of one of :data:`KINDS`, which is gone afterwards."""
    if kind == "PostgreSQL":
        with postgresql.serve() as url:
            engine = database.connect(url)
            yield engine
            engine.dispose()
    else:
        with tempfile.TemporaryDirectory(dir=fixtures.work_folder()) as folder:
            engine = database.connect(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
            yield engine
            engine.dispose()
