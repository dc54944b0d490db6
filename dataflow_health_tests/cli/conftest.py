"""The command line as a user has it: one call, its output and its exit code."""

import os
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from loguru import logger

from dataflow_health.cli import main
from dataflow_health.settings import PREFIX

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command line and gives what it said."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    before = dict(os.environ)

    def call(*words: object) -> Result:
        return CliRunner(env={"COLUMNS": "140"}).invoke(main, [str(word) for word in words])

    yield call
    logger.remove()
    for name in set(os.environ) - set(before):
        del os.environ[name]
