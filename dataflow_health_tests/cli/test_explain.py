import json

import pytest

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


@pytest.mark.parametrize(
    ("name", "shown", "code"),
    [
        ("load", ["HEALTHY load"], 0),
        (recording_id(19)[:10], ["quarantined", "no_sync"], 1),
        ("pars", ["did you mean parse"], 2),
    ],
)
def test_one_process_or_recording_is_explained_and_another_name_refused(
    run, installation: Settings, name: str, shown: list[str], code: int
) -> None:
    result = run("explain", name, "--home", installation.home)
    assert all(each in result.output for each in shown)
    assert result.exit_code == code


def test_the_json_is_the_explanation(run, installation: Settings) -> None:
    explanation = json.loads(run("explain", "--home", installation.home, "--json").output)
    assert explanation["causes"][0]["process"] == "parse"


def test_evidence_over_the_limit_is_counted() -> None:
    explanation = explain_process(scenes.one_bad_recording(), "parse")
    many = explanation.model_copy(update={"evidence": explanation.evidence * 10})
    lines = [str(line) for line in explanation_lines(many, 5)]
    assert any(line.strip() == f"and {len(many.evidence) - 5} more: --all" for line in lines)
