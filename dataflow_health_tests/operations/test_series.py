from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.operations import series
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import write_parameters

WHOLE = (None, None)
ALTITUDE = "pressure_altitude_ft"


@pytest.fixture(scope="module")
def plotted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Lake]]:
    folder: Path = tmp_path_factory.mktemp("series")
    chosen = settings(folder)
    engine = filled(chosen)
    write_parameters(chosen)
    yield engine, Lake(chosen.lake_url)
    engine.dispose()


def test_a_series_is_in_units_and_its_range_and_width_are_chosen(
    plotted: tuple[Engine, Lake],
) -> None:
    whole = series.series(*plotted, recording_id(0)[:8], ALTITUDE, WHOLE, 1000)
    assert (whole.unit, whole.samples, whole.first_s, whole.last_s) == ("ft", 600, 0.0, 600.0)
    assert (whole.values[0], whole.values[300], whole.values[-1]) == (0.0, 3000.0, 3000.0)
    part = series.series(*plotted, recording_id(0), ALTITUDE, (100.0, 200.0), 5)
    assert (part.samples, part.at_s[0], part.at_s[-1]) == (101, 100.0, 200.0)
    assert len(part.values) <= 20
    empty = series.series(*plotted, recording_id(0), ALTITUDE, (900.0, 950.0), 5)
    assert (empty.samples, empty.values) == (0, ())


def test_the_parameters_are_listed_with_unit_and_rate(plotted: tuple[Engine, Lake]) -> None:
    (found,) = series.parameters(*plotted, recording_id(0))
    assert (found.name, found.unit, found.rate_hz) == (ALTITUDE, "ft", 1.0)


def test_an_unknown_parameter_and_a_recording_without_any_are_errors(
    plotted: tuple[Engine, Lake],
) -> None:
    with pytest.raises(NotFound, match="did you mean pressure_altitude_ft"):
        series.series(*plotted, recording_id(0), "altitude_ft", WHOLE, 10)
    with pytest.raises(NotFound, match="no parameters yet"):
        series.parameters(*plotted, recording_id(19))
