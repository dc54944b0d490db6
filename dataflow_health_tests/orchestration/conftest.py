"""A small installation in a folder of the test's own, without any run."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.settings import Settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The operator's own YAML."""
    (tmp_path / "config" / "processes").mkdir(parents=True)
    (tmp_path / "config" / "algorithms").mkdir()
    return tmp_path / "config"


@pytest.fixture
def chosen(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of an installation with its folders made."""
    home = tmp_path / "home"
    (home / "landing").mkdir(parents=True)
    (home / "lake").mkdir()
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(home))
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(config))
    settings = Settings(home=home, config=config)
    wiring.dependencies.cache_clear()
    wiring.dependencies(settings)
    yield settings
    wiring.dependencies(settings).engine.dispose()
    wiring.dependencies.cache_clear()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance in memory."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made
