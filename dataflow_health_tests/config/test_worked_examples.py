from pathlib import Path

from dataflow_health.config import catalogue, worked_examples
from dataflow_health.config.catalogue import Catalogue
from dataflow_health_tests.config.config_files import ALGORITHM, VALID_FILES, write_files

EXAMPLES = """\
examples:
  - given: {engine_1_oil_pressure_psi: [40 x 20], engine_1_ng_pct: [80 x 20]}
    expect: []
  - given: {engine_1_oil_pressure_psi: [40 x 20], engine_1_ng_pct: [80 x 20]}
    expect: [{start_s: 1, end_s: 10}]
"""


def load(folder: Path, examples: str) -> Catalogue:
    files = VALID_FILES | {"algorithms/oil_pressure_low.yaml": ALGORITHM + examples}
    return catalogue.load(write_files(folder, files))


def test_an_example_with_an_unexpected_result_is_an_issue_at_its_line(tmp_path: Path) -> None:
    loaded = load(tmp_path, EXAMPLES)
    assert worked_examples.count(loaded) == 2
    (issue,) = worked_examples.run(loaded)
    assert (issue.file, issue.line) == ("algorithms/oil_pressure_low.yaml", 11)
    assert issue.key == "examples.1"
    assert "found nothing" in issue.problem


def test_examples_that_hold_give_no_issue(tmp_path: Path) -> None:
    loaded = load(tmp_path, EXAMPLES.replace("[{start_s: 1, end_s: 10}]", "[]"))
    assert list(worked_examples.run(loaded)) == []
