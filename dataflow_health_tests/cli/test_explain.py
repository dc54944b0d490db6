import json

from dataflow_health.cli.explain import explanation_lines
from dataflow_health.operations.explain import explain_process
from dataflow_health.settings import Settings
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.installation import recording_id


def test_all_that_is_red_is_told_with_its_evidence(run, installation: Settings) -> None:
    said = run("explain", "--home", installation.home)
    assert "FAILED parse" in said.output
    assert "byte 0" in said.output
    assert "$ dataflow-health rerun --failed --stage parse" in said.output
    assert said.exit_code == 1


def test_one_process_can_be_asked(run, installation: Settings) -> None:
    said = run("explain", "load", "--home", installation.home)
    assert "HEALTHY load" in said.output
    assert said.exit_code == 0


def test_one_recording_can_be_asked(run, installation: Settings) -> None:
    said = run("explain", recording_id(19)[:10], "--home", installation.home)
    assert "quarantined" in said.output
    assert "no_sync" in said.output
    assert said.exit_code == 1


def test_a_name_that_is_none_is_told_with_the_nearest(run, installation: Settings) -> None:
    said = run("explain", "pars", "--home", installation.home)
    assert "did you mean parse" in said.output
    assert said.exit_code == 2


def test_the_json_is_the_answer(run, installation: Settings) -> None:
    told = json.loads(run("explain", "--home", installation.home, "--json").output)
    assert told["causes"][0]["process"] == "parse"


def test_evidence_beyond_the_first_pieces_is_counted() -> None:
    told = explain_process(scenes.one_bad_recording(), "parse")
    many = told.model_copy(update={"evidence": told.evidence * 10})
    lines = [str(line) for line in explanation_lines(many, 5)]
    assert any(line.strip().startswith(f"and {len(many.evidence) - 5} more") for line in lines)
