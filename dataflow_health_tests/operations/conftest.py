from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.installation import filled, settings
from dataflow_health_tests.plotted_recording import write_parameters


@pytest.fixture(scope="module")
def plotted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Lake]]:
    """Ledger and lake of an installation with the parameters of a recording."""
    folder: Path = tmp_path_factory.mktemp("plotted")
    chosen = settings(folder)
    engine = filled(chosen)
    write_parameters(chosen)
    yield engine, Lake(chosen.lake_url)
    engine.dispose()
