import json

import pytest
from click.testing import CliRunner

from dataflow_health.cli.simulate import command
from dataflow_health.simulator.ground_truth import read_truth

SMALL = ["--helicopters", "1", "--days", "1", "--duration", "600", "--last-day", "2026-11-19"]


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_fleet_is_written_with_its_expected_results_beside_it(tmp_path):
    folder = tmp_path / "landing"
    result = run(folder, *SMALL, "--event", "hard_landing", "--fault", "truncated")
    assert result.exit_code == 0, result.output
    truth = read_truth(tmp_path / "truth.json")
    assert {archive.name for archive in truth.archives} == {path.name for path in folder.iterdir()}
    assert [event.algorithm for event in truth.events] == ["hard_landing"]
    assert "hard_landing" in result.output
    assert "truncated" in result.output


def test_the_json_is_the_content_of_truth_json(tmp_path):
    result = run(tmp_path / "landing", *SMALL, "--clean", "--json")
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "truth.json").read_text())
    assert printed["events"] == []
    assert len(printed["archives"]) == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_the_list_names_every_event_and_fault(as_json):
    result = run("--list", *(["--json"] if as_json else []))
    assert result.exit_code == 0
    assert "rotor_droop" in result.output
    assert "bit_slip" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--event", "oil"], "unknown event 'oil'; known:"),
        (["--fault", "flood"], "unknown fault 'flood'; known:"),
        (["--clean", "--fault", "bomb"], "--clean cannot be combined"),
        (["--flights", "50"], "50 flights of 600 s do not fit into a day"),
        (["--event", "hard_landing"] * 5, "5 events and faults need 5 flights"),
    ],
)
def test_an_impossible_fleet_is_refused_in_one_line(tmp_path, arguments, message):
    result = run(tmp_path / "landing", *SMALL, *arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert not (tmp_path / "truth.json").exists()


def test_a_folder_is_required():
    result = run("--days", "1")
    assert result.exit_code == 2
    assert "give the FOLDER" in result.output
