from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.operations import series
from dataflow_health.schemas import ParameterSeries
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import PATH, decoded, write_parameters

WHOLE = (None, None)
ALTITUDE = "pressure_altitude_ft"


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


def shown(
    folder: Path, second: list[int], rows: list[int], counts: list[list[int]], columns: int = 1000
) -> ParameterSeries:
    """The series of a parameter that has samples in some seconds of a recording only."""
    offsets_s = tuple(place / len(counts[0]) for place in range(len(counts[0])))
    parameter = decoded().series[ALTITUDE].parameter
    made = Series(parameter, np.array(rows, np.int32), np.array(counts, np.int32), offsets_s)
    seconds = np.array(second, np.int32)
    folder.mkdir(exist_ok=True)
    recording = DecodedRecording(seconds, {ALTITUDE: made}, None, "le16", 600, 0)
    chosen = settings(folder)
    engine = filled(chosen)
    write_parameters(chosen, recording)
    try:
        lake = Lake(chosen.lake_url)
        return series.series(engine, lake, recording_id(0), ALTITUDE, WHOLE, columns)
    finally:
        engine.dispose()


def test_no_line_is_drawn_where_a_parameter_has_no_sample(tmp_path: Path) -> None:
    rows = [*range(10), *range(30, 40)]
    found = shown(tmp_path, list(range(40)), rows, [[1]] * 20)
    assert (found.samples, found.gaps) == (20, ())
    assert [at for at, value in zip(found.at_s, found.values, strict=True) if value is None] == [
        19.5
    ]


def test_missing_samples_are_not_counted_and_break_the_line(tmp_path: Path) -> None:
    counts = [[1, 2], [3, MISSING], [MISSING, MISSING], [5, 6], *[[7, 8]] * 20]
    found = shown(tmp_path, list(range(24)), list(range(24)), counts)
    assert found.samples == 45
    assert found.values[:6] == (10.0, 20.0, 30.0, None, 50.0, 60.0)


def test_a_slow_parameter_is_one_line_and_a_gap_narrower_than_a_pixel_is_no_break(
    tmp_path: Path,
) -> None:
    slow = shown(tmp_path / "slow", list(range(41)), list(range(0, 41, 4)), [[1]] * 11)
    assert None not in slow.values
    rows = [each for each in range(600) if each != 300]
    wide = shown(tmp_path / "wide", list(range(600)), rows, [[1]] * 599, columns=60)
    assert None not in wide.values


def test_a_recording_is_not_held_whole_by_the_list_of_its_parameters(
    plotted: tuple[Engine, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(recording_table, "from_table", refuse)
    assert len(series.parameters(*plotted, recording_id(0))) == 1


def test_a_file_that_was_changed_is_refused_with_its_reason(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    write_parameters(chosen)
    lake = Lake(chosen.lake_url)
    content = bytearray(lake.read(PATH))
    content[len(content) // 2] ^= 1
    lake.write(PATH, bytes(content))
    for ask in (
        lambda: series.parameters(engine, lake, recording_id(0)),
        lambda: series.series(engine, lake, recording_id(0), ALTITUDE, WHOLE, 10),
    ):
        with pytest.raises(NotAllowed, match=r"input_changed: compress/one\.parquet"):
            ask()
    engine.dispose()
