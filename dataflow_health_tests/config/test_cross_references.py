from pathlib import Path

from dataflow_health.config import catalogue
from dataflow_health_tests.config.config_files import (
    ALGORITHM,
    LAYOUT,
    PROCESS,
    RECORDER,
    VALID_FILES,
    issues_of,
    mistakes_test,
    write_files,
)

ASSET_CHECK = """\
describes: Decodes recordings.
checks:
  - {kind: asset_check, name: frames_in_synk, describes: The sync words are there.}
"""
MISTAKES = {
    "unknown parameter": (
        "algorithms/oil_pressure_low.yaml", ALGORITHM.replace("engine_1_ng_pct", "engine_1_ng_pc"),
        4, "when", "unknown parameter engine_1_ng_pc", "did you mean engine_1_ng_pct?",
    ),
    "after an unknown process": (
        "processes/download.yaml", PROCESS.replace("[aircraft]", "[aircraft, aircrafts]"),
        2, "after.1", "unknown process aircrafts", "did you mean aircraft?",
    ),
    "processes in a circle": (
        "processes/aircraft.yaml", "describes: The fleet.\nafter:\n  - download\n",
        3, "after.0", "processes form a cycle: aircraft -> download -> aircraft", "without a cycle",
    ),
    "check that no stage has": (
        "processes/parse.yaml", ASSET_CHECK,
        3, "checks.0.name", "stage parse has no check frames_in_synk",
        "did you mean frames_in_sync?",
    ),
    "check of a run on a process without runs": (
        "processes/aircraft.yaml", ASSET_CHECK,
        3, "checks.0.name", "aircraft is no stage, so no run evaluates frames_in_synk",
        "a live check",
    ),
    "unknown layout": (
        "recorders/card.yaml", RECORDER.replace("layout: small", "layout: smal"),
        3, "layout", "unknown layout smal", "did you mean small?",
    ),
    "unknown layout of a tail": (
        "recorders/card.yaml", RECORDER + "layouts:\n  HB-ZAA: smal\n",
        5, "layouts.HB-ZAA", "unknown layout smal", "did you mean small?",
    ),
    "bad pattern": (
        "recorders/card.yaml", "kind: arinc717\nmembers:\n  - ok\n  - '(?P<tail>[A-Z'\n",
        4, "members.1", "invalid regular expression: unterminated character set", "",
    ),
    "unknown group": (
        "recorders/card.yaml", RECORDER.replace("<tail>", "<tial>"),
        2, "members.0", "unknown named group tial", "did you mean tail?",
    ),
    "bad time format": (
        "recorders/card.yaml", RECORDER + "started_at_format: '%Y%Q'\n",
        4, "started_at_format", "invalid time format", "%Y%m%dT%H%M%S",
    ),
    "alert rule for no process": (
        "alerts/crew.yaml", "describes: x\nchannels: [OPS]\nprocesses: [downlaod]\n",
        3, "processes.0", "no process matches downlaod", "did you mean download?",
    ),
    "alert rule for no algorithm": (
        "alerts/crew.yaml",
        "describes: x\nchannels: [OPS]\nfindings:\n  algorithms: [rotor_speed_hihg]\n",
        4, "findings.algorithms.0", "no algorithm matches rotor_speed_hihg",
        "known: ",
    ),
    "unknown stage of an objective": (
        "slos/accepted.yaml", "describes: x\nkind: accepted\nstage: prase\nobjective_pct: 90\n",
        3, "stage", "unknown stage prase", "known: aircraft, download",
    ),
}  # fmt: skip

test_a_mistake_is_reported_once_with_file_line_and_valid_values = mistakes_test(MISTAKES)


def test_an_invalid_file_does_not_make_others_invalid(tmp_path: Path) -> None:
    invalid = {
        "layouts/small.yaml": LAYOUT.replace("64", "sixty"),
        "processes/aircraft.yaml": "describe: The fleet.\n",
    }
    files = {issue.file for issue in issues_of(write_files(tmp_path, VALID_FILES | invalid))}
    assert files == set(invalid)


def test_columns_of_a_delimited_recorder_are_parameters(tmp_path: Path) -> None:
    recorder = "kind: csv\nmembers: ['csv$']\ntime: Time\ncolumns: {NG: n1_pct}\n"
    algorithm = ALGORITHM.replace("engine_1_ng_pct", "n1_pct")
    changed = {"recorders/log.yaml": recorder, "algorithms/oil_pressure_low.yaml": algorithm}
    loaded = catalogue.load(write_files(tmp_path, VALID_FILES | changed))
    assert loaded.algorithms["oil_pressure_low"].parameter_names >= {"n1_pct"}
