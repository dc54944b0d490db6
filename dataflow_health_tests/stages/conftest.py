"""A Spark session, and one day worked through all eight stages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.stages.stage import Dependencies
from dataflow_health_tests.factories import dependencies
from dataflow_health_tests.stages import local_spark, processed_day


@pytest.fixture
def here(tmp_path: Path) -> Dependencies:
    """An installation with an empty landing folder."""
    (tmp_path / "landing").mkdir()
    return dependencies(tmp_path)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local session, as a run starts it."""
    session = local_spark.start(tmp_path_factory.mktemp("spark"))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def day(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession
) -> processed_day.ProcessedDay:
    """Three sound flights (one with an event), one dead card, one flight that came twice."""
    folder: Path = tmp_path_factory.mktemp("day")
    event = PlannedEvent("engine_1_oil_pressure_low", lasting_s=8)
    flights = [
        processed_day.make_flight("HB-ZAA", 6, 1, event),
        processed_day.make_flight("HB-ZAA", 8, 2),
        processed_day.make_flight("HB-ZAB", 7, 3),
    ]
    archives = {f"{n}.zip": {f"{n}.rdf": raw, "card.txt": b"ok"} for n, _, raw in flights}
    archives["HB-ZAB_20261120T093000Z.zip"] = {"HB-ZAB_20261120T090000Z.rdf": bytes(50_000)}
    archives["again.zip"] = {f"{flights[2][0]}.rdf": flights[2][2]}
    here = dependencies(folder)
    processed_day.land_archives(folder / "landing", archives)
    summaries = processed_day.run_stages(here, folder / "landing", lambda: spark)
    return processed_day.ProcessedDay(
        here, folder / "landing", summaries, {n: made for n, made, _ in flights}
    )
