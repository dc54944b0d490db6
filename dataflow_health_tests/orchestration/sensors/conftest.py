"""Dependencies of an empty installation with a landing folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health import settings, wiring
from dataflow_health.stages.stage import Dependencies


@pytest.fixture
def deps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dependencies]:
    """Dependencies from the settings of a new home."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    made = wiring.dependencies(settings.load())
    Path(settings.load().source_url).mkdir(parents=True, exist_ok=True)
    yield made
    wiring.dependencies.cache_clear()
    made.engine.dispose()
