import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health.config import BUILTIN_FOLDER

ALGORITHM = """\
describes: Rotor speed is low.
source: Generic.
kind: exceedance
when: rotor_speed_pct < 95
lasting: PT1S
severity: warning
examples:
  - given: {rotor_speed_pct: [100, 94, 94, 100]}
    expect: [{start_s: 1, end_s: 2, peak: 94}]
  - describes: Too short.
    given: {rotor_speed_pct: [100, 94, 100, 100]}
    expect: []
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "algorithms").mkdir()
    return tmp_path


def validate(*arguments, **environment):
    return CliRunner().invoke(main, ["validate", *map(str, arguments)], env=environment)


def test_the_built_in_files_are_valid():
    result = validate()
    assert result.exit_code == 0
    assert "files are valid;" in result.output


def test_worked_examples_of_a_folder_are_run(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(ALGORITHM)
    before = json.loads(validate("--json").output)
    result = json.loads(validate("--json", folder).output)
    assert result["issues"] == []
    assert result["files"] == before["files"] + 1
    assert result["examples"] == before["examples"] + 2


def test_a_failed_worked_example_is_reported_with_its_line(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(ALGORITHM.replace("end_s: 2", "end_s: 3"))
    result = validate(folder)
    assert result.exit_code == 1
    assert result.output == (
        "algorithms/rotor_low.yaml:8: examples.0: example 1: "
        "expected 1 to 3 s (peak 94), found 1 to 2 s (peak 94)\n1 error\n"
    )


def test_every_error_is_reported_and_the_exit_code_is_1(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(
        ALGORITHM.replace("rotor_speed_pct <", "rotor_sped_pct <").replace("PT1S", "1")
    )
    (folder / "algorithms/empty.yaml").write_text("")
    result = validate(folder)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("algorithms/empty.yaml: the file is empty")
    assert lines[1].startswith("algorithms/rotor_low.yaml:4: when: unknown parameter")
    assert lines[2].startswith("algorithms/rotor_low.yaml:5: lasting: 1 is not an ISO 8601")
    assert lines[-1] == "3 errors"


def test_a_misspelt_check_of_a_stage_is_reported_with_the_nearest_name(folder):
    builtin = (BUILTIN_FOLDER / "processes" / "parse.yaml").read_text()
    (folder / "processes").mkdir()
    misspelt = builtin.replace("frames_in_sync", "frames_in_synk")
    (folder / "processes" / "parse.yaml").write_text(misspelt)
    result = validate(folder)
    assert result.exit_code == 1
    first = "processes/parse.yaml:8: checks.0.name: stage parse has no check frames_in_synk"
    assert result.output.startswith(first)
    assert "did you mean frames_in_sync?" in result.output


def test_errors_are_reported_as_json(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(ALGORITHM.replace("PT1S", "1"))
    result = validate("--json", folder)
    assert result.exit_code == 1
    (issue,) = json.loads(result.output)["issues"]
    assert (issue["file"], issue["line"]) == ("algorithms/rotor_low.yaml", 5)


def test_the_folder_in_the_environment_is_read_too(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(ALGORITHM.replace("PT1S", "1"))
    assert validate(DATAFLOW_HEALTH_CONFIG=str(folder)).exit_code == 1


def test_a_folder_that_is_given_and_in_the_environment_replaces_nothing_of_itself(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(ALGORITHM)
    result = validate(folder, DATAFLOW_HEALTH_CONFIG=str(folder))
    assert "replaces" not in result.output
    assert result.exit_code == 0


def test_a_replaced_file_is_reported(folder):
    second = folder / "second"
    (second / "algorithms").mkdir(parents=True)
    first = folder / "first"
    (first / "algorithms").mkdir(parents=True)
    for place in (first, second):
        (place / "algorithms/rotor_low.yaml").write_text(ALGORITHM)
    result = validate(first, second)
    assert "algorithms/rotor_low.yaml replaces an earlier file" in result.output
    assert result.exit_code == 0


def test_a_missing_folder_is_reported(tmp_path):
    result = validate(tmp_path / "nowhere")
    assert result.exit_code == 1
    assert "the folder does not exist" in result.output


@pytest.mark.server
def test_validate_imports_no_dagster_spark_arrow_or_web_framework() -> None:
    heavy = ("dagster", "pyspark", "pyarrow", "pandas", "polars", "fastapi", "sqlalchemy")
    code = (
        "import sys\n"
        "from dataflow_health.cli import main\n"
        "try: main(['validate'])\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_mistakes_between_files_are_found_in_a_file_with_others_at_once(folder):
    (folder / "algorithms/rotor_low.yaml").write_text(
        ALGORITHM.replace("rotor_speed_pct <", "rotor_sped_pct <").replace("warning", "bad")
    )
    (folder / "processes").mkdir()
    (folder / "processes/link.yaml").write_text("describes: x\nbefore: [lod]\ncolour: red\n")
    issues = json.loads(validate("--json", folder).output)["issues"]
    assert [(issue["file"], issue["line"], issue["key"]) for issue in issues] == [
        ("algorithms/rotor_low.yaml", 4, "when"),
        ("algorithms/rotor_low.yaml", 6, "severity"),
        ("processes/link.yaml", 2, "before.0"),
        ("processes/link.yaml", 3, "colour"),
    ]
