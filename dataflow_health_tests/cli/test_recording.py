import json
from pathlib import Path

import pytest

from dataflow_health.settings import Settings
from dataflow_health_tests.installation import filled, recording_id, settings
from dataflow_health_tests.plotted_recording import write_parameters


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chosen = settings(tmp_path_factory.mktemp("plotted"))
    filled(chosen).dispose()
    write_parameters(chosen)
    return chosen.home


def test_the_history_of_a_recording_has_every_stage(run, installation: Settings) -> None:
    result = run("recording", "show", recording_id(0)[:8], "--home", installation.home)
    assert recording_id(0) in result.output
    stages = [line.split()[0] for line in result.output.splitlines() if " done " in line]
    assert stages == [
        "download", "extract", "parse", "compress", "store", "ingest", "analyse", "load",
    ]  # fmt: skip
    assert result.exit_code == 0


def test_a_refused_recording_shows_stage_and_reason(run, installation: Settings) -> None:
    result = run("recording", "show", recording_id(19)[:8], "--home", installation.home)
    assert "no_sync: no sync word found" in result.output
    assert result.exit_code == 1


def test_the_json_is_the_history(run, installation: Settings) -> None:
    result = run("recording", "show", recording_id(0)[:8], "--home", installation.home, "--json")
    assert json.loads(result.output)["stages"][-1]["stage"] == "load"


def test_a_parameter_is_plotted_from_lowest_to_highest_value(run, home: Path) -> None:
    words = ("recording", "plot", recording_id(0)[:8], "pressure_altitude_ft", "--home", home)
    result = run(*words, "--width", 60, "--height", 4)
    lines = result.output.splitlines()
    assert lines[0] == "pressure_altitude_ft ft (0 to 3000)"
    assert lines[1].split("|")[0].strip() == "3000"
    assert lines[4].split("|")[0].strip() == "0"
    top, bottom = lines[1].split("|")[1], lines[4].split("|")[1]
    assert top[0] == "⠀"
    assert top[-1] == "⠉"
    assert bottom[0] != "⠀"
    assert bottom[-1] == "⠀"


def test_without_a_parameter_all_are_listed(run, home: Path) -> None:
    result = run("recording", "plot", recording_id(0)[:8], "--home", home)
    assert result.output.splitlines()[1].split() == ["pressure_altitude_ft", "ft", "1"]


@pytest.mark.parametrize(
    ("number", "name", "message"),
    [
        (0, "pressure_altitude", "did you mean pressure_altitude_ft?"),
        (19, "x", "has no parameters yet"),
    ],
)
def test_a_parameter_that_cannot_be_plotted_is_reported(
    run, home: Path, number: int, name: str, message: str
) -> None:
    result = run("recording", "plot", recording_id(number)[:8], name, "--home", home)
    assert message in result.output
    assert result.exit_code == 2
