"""A Dagster instance of the test's own."""

from collections.abc import Iterator

import dagster as dg
import pytest

from dataflow_health.orchestration.sensors import arrivals


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance in memory."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture(autouse=True)
def _looks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick of the sensor looks at the source once, as at one that is no folder."""
    monkeypatch.setattr(arrivals, "WATCHES_S", 0.0)
