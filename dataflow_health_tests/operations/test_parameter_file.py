from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import NotFound
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.operations import parameter_file, series
from dataflow_health.operations.parameter_file import FileReading
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import flown, write_parameters


@pytest.fixture
def hop(tmp_path: Path) -> Iterator[tuple[Engine, Lake]]:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    write_parameters(chosen, flown())
    yield engine, Lake(chosen.lake_url)
    engine.dispose()


def mapped(engine: Engine, lake: Lake) -> Catalogue:
    """A catalogue whose mapping makes airspeed from ground speed."""
    recording = parameter_file.find(engine, lake, recording_id(0)).recording
    fields = {
        "describes": "test",
        "recorders": [recording.recorder],
        "quantities": {
            "airspeed_kt": [{"parameter": "tas"}, {"parameter": "ground_speed_kt", "scale": 2}],
            "roll_deg": [{"parameter": "roll"}],
        },
    }
    return replace(catalogue(), mappings={"test": ParameterMapping.model_validate(fields)})


def test_a_quantity_of_the_vocabulary_is_listed_and_read(hop: tuple[Engine, Lake]) -> None:
    declared = mapped(*hop)
    file = parameter_file.find(*hop, recording_id(0)[:8])
    listed = {each.name: each for each in parameter_file.parameters(file, declared)}
    assert listed["airspeed_kt"].recorded_as == ("ground_speed_kt",)
    assert listed["airspeed_kt"].describes == declared.terms["airspeed_kt"].describes
    assert "roll_deg" not in listed
    assert "airspeed_kt" not in {each.name for each in parameter_file.parameters(file, None)}
    own = series.samples(file, "ground_speed_kt").values
    assert (series.samples(file, "airspeed_kt", declared).values == 2 * own).all()
    decoded = parameter_file.read(file, ["rotor_speed_pct", "roll_deg"], declared)
    assert set(decoded.series) == {"rotor_speed_pct"}


def test_another_mapping_is_another_version(hop: tuple[Engine, Lake]) -> None:
    declared = mapped(*hop)
    file = parameter_file.find(*hop, recording_id(0))
    assert parameter_file.version(file, None) == file.digest
    assert FileReading(file, declared) == FileReading(file, declared)
    assert FileReading(file, declared) != FileReading(file, catalogue())


def test_a_parameter_that_is_not_there_is_refused_with_those_like_it(
    hop: tuple[Engine, Lake],
) -> None:
    file = parameter_file.find(*hop, recording_id(0))
    parameter_file.refuse_unknown(file, "rotor_speed_pct", None)
    with pytest.raises(NotFound, match="did you mean rotor_speed_pct"):
        parameter_file.refuse_unknown(file, "rotor_speed", None)
