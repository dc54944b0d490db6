from datetime import timedelta
from pathlib import Path

from dataflow_health.operations import current_values
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import PATH, STARTED_AT, flown, write_parameters


def test_the_last_value_of_each_parameter_has_its_time(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    write_parameters(chosen, flown(), 1)  # the last of two that arrived with one archive
    write_parameters(chosen)
    lake = Lake(chosen.lake_url)
    found = current_values.current(engine, lake, catalogue(), tail="HB-Z00")
    assert [each.tail for each in found] == ["HB-Z00"]
    flight = found[0]
    assert flight.recording == recording_id(1)
    assert (flight.started_at, flight.error) == (STARTED_AT, "")
    values = {each.parameter: each for each in flight.values}
    assert set(values) == set(flown().series)
    rotor = values["rotor_speed_pct"]
    assert (rotor.value, rotor.unit, rotor.at_s) == (100.1, "%", 599.75)
    assert rotor.at == STARTED_AT + timedelta(seconds=599.75)
    (only,) = current_values.current(
        engine, lake, catalogue(), tail="HB-Z00", parameters=["rotor_speed_pct"]
    )
    assert [each.parameter for each in only.values] == ["rotor_speed_pct"]
    engine.dispose()


def test_a_flight_whose_file_is_missing_says_so_and_hides_no_other(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    write_parameters(chosen, flown(later_s=3))  # of its own: values are kept by digest
    write_parameters(chosen, number=5)
    lake = Lake(chosen.lake_url)
    lake.remove(PATH)
    found = current_values.current(engine, lake, catalogue())
    assert [(each.tail, len(each.values)) for each in found] == [("HB-Z00", 0), ("HB-Z01", 1)]
    assert "not in the lake" in found[0].error
    engine.dispose()
