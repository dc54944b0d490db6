"""The command line as a user calls it: one call, its output and its exit code."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from loguru import logger
from sqlalchemy import Engine

from dataflow_health import wiring
from dataflow_health.cli import main
from dataflow_health.settings import PREFIX
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command line and returns its result."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    before = dict(os.environ)

    def call(*words: object) -> Result:
        return CliRunner(env={"COLUMNS": "140"}).invoke(main, [str(word) for word in words])

    yield call
    logger.remove()
    for name in set(os.environ) - set(before):
        del os.environ[name]


class OperatorShell:
    """The command line in the home of an installation, as an operator uses it."""

    def __init__(self, run: Run, engine: Engine) -> None:
        self.engine = engine
        self._run = run

    def output(self, *words: object, code: int = 0) -> str:
        result = self._run(*words)
        assert result.exit_code == code, result.output
        return result.output

    def json(self, *words: object, code: int = 0) -> Any:
        return json.loads(self.output(*words, "--json", code=code))


@pytest.fixture
def shell(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OperatorShell]:
    """An installation with two recordings in quarantine and one open incident."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    refuse(engine, recordings(engine, 2))
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    yield OperatorShell(run, engine)
    wiring.dependencies.cache_clear()
    engine.dispose()
