import json

import pytest
from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health_tests.flight.arinc767 import frame_encoder as arinc767
from dataflow_health_tests.flight.frame_encoder import encode, numbered_words

LAYOUT = """\
words_per_subframe: 64
parameters:
  SERIAL: {words: [64], valid_range: [0, 29]}
  SIGNED: {unit: "%", words: [3], coding: bnr}
  SYNC: {words: [1], subframes: [1]}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/0717.yaml").write_text(LAYOUT)
    (tmp_path / "raw.dat").write_bytes(encode(numbered_words(40), "le16"))
    return tmp_path


def run(folder, *arguments):
    environment = {"DATAFLOW_HEALTH_CONFIG": str(folder), "COLUMNS": "120"}
    return CliRunner().invoke(main, ["layout", "try", *map(str, arguments)], env=environment)


def test_the_values_of_every_parameter_are_shown(folder):
    result = run(folder, "0717", folder / "raw.dat")
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines()}
    assert rows["SERIAL"] == ["40", "0", "39", "1", "25.0%"]
    assert rows["SYNC"] == ["10", "583", "583", "0", "constant"]
    assert result.stdout.splitlines()[-1] == "40 s, 0 of them lost, le16"
    assert "warning: SERIAL: outside_pct (25.0%) <= 1%, range (0.0, 29.0)" in result.stderr


def test_a_layout_of_placed_parameters_reads_arinc_767(folder):
    place = "UP: {place: {frame: 3, bit: 1, width: 8}}"
    (folder / "layouts/767.yaml").write_text(f"parameters:\n  {place}\n")
    (folder / "frames.dat").write_bytes(arinc767.recording(range(0, 5000, 1000)))
    result = run(folder, "767", folder / "frames.dat")
    assert result.stdout.splitlines()[1].split() == ["UP", "5", "0", "4", "1"]
    assert result.stdout.splitlines()[-1] == "5 s, 0 of them lost, arinc767"


def test_json_has_the_same_numbers(folder):
    found = json.loads(run(folder, "0717", folder / "raw.dat", "--json").stdout)
    assert found["duration_s"] == 40
    assert found["parameters"]["SERIAL"]["outside_share"] == 0.25
    assert any("SERIAL" in remark for remark in found["remarks"])


def test_what_cannot_be_decoded_is_said_in_one_line(folder):
    (folder / "other.dat").write_bytes(bytes(50_000))
    result = run(folder, "0717", folder / "other.dat")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert (
        "unknown layout 0718; did you mean 0717?" in run(folder, "0718", folder / "raw.dat").stderr
    )
