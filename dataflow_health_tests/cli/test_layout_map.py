import json

import pytest
from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health.config import BUILTIN_FOLDER, catalogue

SHIPPED = len(catalogue.load(BUILTIN_FOLDER).algorithms)
LAYOUT = """\
words_per_subframe: 64
parameters:
  ROLL: {unit: deg, words: [2]}
  IAS: {unit: kts, words: [3]}
  OIT1: {describes: Oil temp eng 1, unit: deg F, words: [4]}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/0717.yaml").write_text(LAYOUT)
    return tmp_path


def run(folder, *arguments):
    environment = {"DATAFLOW_HEALTH_CONFIG": str(folder)}
    return CliRunner().invoke(main, ["layout", "map", *arguments], env=environment)


def test_a_suggestion_is_printed_and_can_be_loaded(folder):
    result = run(folder, "0717", "--suggest")
    assert result.exit_code == 0, result.output
    (folder / "mappings").mkdir()
    (folder / "mappings/mine.yaml").write_text(result.stdout)
    mapping = catalogue.load(BUILTIN_FOLDER, folder).mappings["mine"]
    assert set(mapping.quantities) == {"airspeed_kt", "engine_1_oil_temperature_c", "roll_deg"}


def test_the_number_of_algorithms_grows_with_the_mapping(folder):
    assert run(folder, "0717").stderr.startswith(
        f"0 of {SHIPPED} algorithms apply to layout 0717: parameters not mapped: flight phases, "
    )
    suggested = run(folder, "0717", "--suggest", "--into", folder)
    first, *table = suggested.stdout.splitlines()
    assert first == f"{folder}/mappings/0717.yaml written"
    assert suggested.stderr.startswith(f"1 of {SHIPPED} algorithms apply to layout 0717\n")
    after = run(folder, "0717")
    assert after.stdout.splitlines() == table
    offered = "dataflow-health layout map 0717 --suggest suggests a mapping\n"
    assert after.stderr == suggested.stderr + offered
    named = [line.split()[0] for line in table if line[1:2].strip()]
    assert "engine_2_oil_temperature_high" in named
    assert "engine_1_oil_temperature_high" not in named


def test_an_edited_mapping_is_kept(folder):
    (folder / "mappings").mkdir()
    mine = "layouts: ['0717']\nquantities: {roll_deg: [{parameter: ROLL, scale: -1}]}\n"
    (folder / "mappings/0717.yaml").write_text(mine)
    result = run(folder, "0717", "--suggest", "--into", folder)
    assert result.exit_code == 2
    assert "already exists and is kept" in result.stderr
    assert (folder / "mappings/0717.yaml").read_text() == mine


def test_json_has_confidence_reasons_and_what_each_algorithm_lacks(folder):
    found = json.loads(run(folder, "0717", "--suggest", "--json").stdout)
    (roll,) = found["quantities"]["roll_deg"]
    assert roll == {"parameter": "ROLL", "confidence": 0.85, "reasons": ["name ROLL", "unit deg"]}
    assert "engine_1_oil_temperature_high" not in found["lacking"]
    assert found["lacking"]["hover_time"] == ["radio_altitude_ft", "flight phases"]
    assert found["algorithms"] - found["applicable"] == len(found["lacking"])


def test_an_unknown_layout_is_answered_with_the_known_ones(folder):
    result = run(folder, "0718")
    assert result.exit_code == 2
    assert "unknown layout 0718; did you mean 0717?" in result.stderr
