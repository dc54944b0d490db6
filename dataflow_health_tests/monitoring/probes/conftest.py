"""A database with rows, and the environment of an installation, for probes."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from dataflow_health_tests.monitoring.probes.probing import make_database


@pytest.fixture
def database(tmp_path: Path) -> str:
    """URL of a SQLite database with twelve rows in ``algorithm_run``."""
    return make_database(tmp_path / "results.sqlite")


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> Mapping[str, str]:
    """Environment of an installation whose ledger is a fresh database."""
    return {
        "DATAFLOW_HEALTH_HOME": str(tmp_path),
        "DATAFLOW_HEALTH_DATABASE_URL": database_url,
        "DATAFLOW_HEALTH_ALERT_ON_CALL": "json://127.0.0.1/",
    }
