"""A small installation: settings, a filled ledger, and the app over them. No threads, no probes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from benchmarks.filled_ledger import NOW, LedgerSize, fill_ledger, recording_id
from dataflow_health.api.app import create_app
from dataflow_health.api.server import Server
from dataflow_health.monitoring.config_reload import ConfigReloader, from_settings
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests.ledgers import open_ledger

__all__ = ["NOW", "recording_id"]

SIZE = LedgerSize(recordings=40, days=4, algorithms=3, quarantined_every=20)
"""Ten recordings arrive on each of four days; recordings 19 and 39 are quarantined at parse."""


def settings(folder: Path, **given: Any) -> Settings:
    """Settings of an installation in a folder."""
    return Settings.model_validate({"home": str(folder), **given})


def filled(chosen: Settings, size: LedgerSize = SIZE, now: datetime = NOW) -> Engine:
    """Creates and fills the ledger of an installation; returns its engine."""
    return open_ledger(chosen.database_url.get_secret_value(), _rows(size, now))


@cache
def _rows(size: LedgerSize, now: datetime) -> Callable[[Engine], None]:
    """Fills a ledger of this size; the same function each time, so the file is made once."""
    return lambda engine: fill_ledger(engine, factories.catalogue(), size, now)


def monitor(
    chosen: Settings,
    config: ConfigReloader | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Monitor:
    """A monitor without live checks, whose clock stands at :data:`NOW` unless given."""
    engine = database.connect(chosen.database_url.get_secret_value())
    return Monitor(engine, config or from_settings(chosen), clock)


def app(chosen: Settings, clock: Callable[[], datetime] = lambda: NOW) -> FastAPI:
    """The API of an installation; its threads start when a client enters it."""
    return create_app(chosen, monitor(chosen, clock=clock))


def client(chosen: Settings) -> TestClient:
    """A client of that API without threads: each request makes a new report when it is old."""
    return TestClient(app(chosen), raise_server_exceptions=False)


@contextmanager
def served(made: FastAPI) -> Iterator[str]:
    """Serves an app with a real server on loopback; yields its URL."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = Server(made)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
