"""A small installation: settings, a filled ledger, and the app over them. No threads, no probes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from benchmarks.status_scene import NOW, Size, fill, recording_id
from dataflow_health.api.app import create_app
from dataflow_health.api.server import Server
from dataflow_health.monitoring.config_reload import ConfigReloader, from_settings
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories

__all__ = ["NOW", "Size", "recording_id"]

SIZE = Size(recordings=40, days=4, algorithms=3, bad_every=20)
"""Recordings 19 and 39 are in quarantine at parse; ten arrived a day, on four days."""


def settings(folder: Path, **given: Any) -> Settings:
    """Settings of an installation in a folder."""
    return Settings.model_validate({"home": str(folder), **given})


def filled(chosen: Settings, size: Size = SIZE) -> Engine:
    """The installation's ledger, filled."""
    engine = database.connect(chosen.database_url.get_secret_value())
    database.upgrade(engine)
    fill(engine, factories.catalogue(), size)
    return engine


def watch(chosen: Settings, config: ConfigReloader | None = None) -> Monitor:
    """A watch that asks no probe, at the scene's moment."""
    engine = database.connect(chosen.database_url.get_secret_value())
    return Monitor(engine, config or from_settings(chosen), lambda: NOW)


def app(chosen: Settings) -> FastAPI:
    """The app over it, without threads until a client enters it."""
    return create_app(chosen, watch(chosen))


def client(chosen: Settings) -> TestClient:
    """A client of that app; its threads do not run, so a snapshot is made when one is asked."""
    return TestClient(app(chosen), raise_server_exceptions=False)


@contextmanager
def served(made: FastAPI) -> Iterator[str]:
    """The app behind a real server on loopback; gives its URL."""
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
