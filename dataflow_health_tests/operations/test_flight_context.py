from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.operations import flight_context
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import (
    LANDING_S,
    LOST,
    STARTED_AT,
    TAKEOFF_S,
    flown,
    write_parameters,
)


@pytest.fixture(scope="module")
def hop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Lake]]:
    folder: Path = tmp_path_factory.mktemp("hop")
    chosen = settings(folder)
    engine = filled(chosen)
    write_parameters(chosen, flown())
    write_parameters(chosen, number=1)
    yield engine, Lake(chosen.lake_url)
    engine.dispose()


def test_phases_are_in_order_with_the_take_off_and_end_at_a_gap(hop: tuple[Engine, Lake]) -> None:
    found = flight_context.phases(*hop, catalogue(), recording_id(0))
    assert (found.started_at, found.first_s, found.last_s) == (STARTED_AT, 0, 600)
    assert found.takeoff_s == TAKEOFF_S
    spans = [(each.start_s, each.end_s) for each in found.phases]
    assert spans == sorted(spans)
    assert all(end <= LOST[0] or begin >= LOST[1] for begin, end in spans)
    names = [each.phase for each in found.phases]
    assert names[0] == "ground"
    assert {"climb", "descent", "landing"} <= set(names)
    landing = next(each for each in found.phases if each.phase == "landing")
    assert landing.start_s == LANDING_S
    covered = sum(end - begin for begin, end in spans)
    assert covered == 600 - (LOST[1] - LOST[0])


def test_a_recording_without_a_take_off_has_none(hop: tuple[Engine, Lake]) -> None:
    found = flight_context.phases(*hop, catalogue(), recording_id(1))
    assert found.takeoff_s is None


def test_the_limits_are_those_of_recorded_parameters(hop: tuple[Engine, Lake]) -> None:
    found = flight_context.algorithm_limits(*hop, catalogue(), recording_id(0))
    low = next(each for each in found if each.algorithm == "rotor_speed_low")
    assert (low.parameter, low.value, low.unit) == ("rotor_speed_pct", 95, "%")
    assert {each.parameter for each in found} <= set(flown().series)
