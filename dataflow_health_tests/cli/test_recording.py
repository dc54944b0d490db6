import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataflow_health.flight.layout import Linear, Parameter
from dataflow_health.flight.recording import DecodedRecording, Series
from dataflow_health.settings import Settings
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation as scene
from dataflow_health_tests.installation import recording_id

SECONDS = np.arange(600, dtype=np.int32)


def decoded() -> DecodedRecording:
    told = {"unit": "ft", "words": [1], "conversion": Linear(scale=10.0)}
    parameter = Parameter.model_validate(told)
    climb = Series(parameter, SECONDS, np.minimum(SECONDS, 300)[:, None], (0.0,))
    return DecodedRecording(SECONDS, {"pressure_altitude_ft": climb}, None, "le16", 600, 0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = scene.settings(tmp_path_factory.mktemp("plotted"))
    engine = scene.filled(chosen)
    sink = pa.BufferOutputStream()
    pq.write_table(recording_table.to_table(decoded(), {}), sink)
    Lake(chosen.lake_url).write("compress/one.parquet", sink.getvalue().to_pybytes())
    with writing(engine) as connection:
        table = ledger.tables.recording_stage
        here = (table.c.recording_id == recording_id(0)) & (table.c.stage == "compress")
        connection.execute(table.update().where(here).values(output_path="compress/one.parquet"))
    engine.dispose()
    return chosen.home


def test_a_recordings_way_is_shown_to_its_end(run, installation: Settings) -> None:
    said = run("recording", "show", recording_id(0)[:8], "--home", installation.home)
    assert recording_id(0) in said.output
    stages = [line.split()[0] for line in said.output.splitlines() if " done " in line]
    assert stages == [
        "download", "extract", "parse", "compress", "store", "ingest", "analyse", "load",
    ]  # fmt: skip
    assert said.exit_code == 0


def test_a_refused_recording_says_where_and_why(run, installation: Settings) -> None:
    said = run("recording", "show", recording_id(19)[:8], "--home", installation.home)
    assert "no_sync: no sync word found" in said.output
    assert said.exit_code == 1


def test_the_json_is_the_way(run, installation: Settings) -> None:
    said = run("recording", "show", recording_id(0)[:8], "--home", installation.home, "--json")
    assert json.loads(said.output)["stages"][-1]["stage"] == "load"


def test_a_parameter_is_drawn_low_to_high(run, home: Path) -> None:
    words = ("recording", "plot", recording_id(0)[:8], "pressure_altitude_ft", "--home", home)
    said = run(*words, "--width", 60, "--height", 4)
    lines = said.output.splitlines()
    assert lines[0] == "pressure_altitude_ft ft (0 to 3000)"
    assert lines[1].split("|")[0].strip() == "3000"
    assert lines[4].split("|")[0].strip() == "0"
    top, bottom = lines[1].split("|")[1], lines[4].split("|")[1]
    assert top[0] == "⠀"
    assert top[-1] == "⠉"
    assert bottom[0] != "⠀"
    assert bottom[-1] == "⠀"


def test_without_a_parameter_they_are_listed(run, home: Path) -> None:
    said = run("recording", "plot", recording_id(0)[:8], "--home", home)
    assert said.output.splitlines()[1].split() == ["pressure_altitude_ft", "ft", "1"]


@pytest.mark.parametrize(
    ("number", "name", "told"),
    [(0, "pressure_altitude", "near: pressure_altitude_ft"), (19, "x", "has no parameters yet")],
)
def test_what_cannot_be_drawn_is_told(run, home: Path, number: int, name: str, told: str) -> None:
    said = run("recording", "plot", recording_id(number)[:8], name, "--home", home)
    assert told in said.output
    assert said.exit_code == 2
