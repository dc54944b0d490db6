import json

from dataflow_health.cli.explain import explanation_lines
from dataflow_health.operations.explain import explain_process
from dataflow_health.settings import Settings
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.installation import recording_id


def test_every_failed_process_is_explained_with_its_evidence(run, installation: Settings) -> None:
    result = run("explain", "--home", installation.home)
    assert "FAILED parse" in result.output
    assert "byte 0" in result.output
    assert "$ dataflow-health quarantine replay --stage parse" in result.output
    assert result.exit_code == 1


def test_one_process_is_explained(run, installation: Settings) -> None:
    result = run("explain", "load", "--home", installation.home)
    assert "HEALTHY load" in result.output
    assert result.exit_code == 0


def test_one_recording_is_explained_by_its_history(run, installation: Settings) -> None:
    result = run("explain", recording_id(19)[:10], "--home", installation.home)
    assert "quarantined" in result.output
    assert "no_sync" in result.output
    assert result.exit_code == 1


def test_an_unknown_process_is_refused_with_the_nearest_name(run, installation: Settings) -> None:
    result = run("explain", "pars", "--home", installation.home)
    assert "did you mean parse" in result.output
    assert result.exit_code == 2


def test_the_json_is_the_explanation(run, installation: Settings) -> None:
    explanation = json.loads(run("explain", "--home", installation.home, "--json").output)
    assert explanation["causes"][0]["process"] == "parse"


def test_evidence_over_the_limit_is_counted() -> None:
    explanation = explain_process(scenes.one_bad_recording(), "parse")
    many = explanation.model_copy(update={"evidence": explanation.evidence * 10})
    lines = [str(line) for line in explanation_lines(many, 5)]
    assert any(line.strip() == f"and {len(many.evidence) - 5} more: --all" for line in lines)
