"""Small, valid configuration folders, to be broken one file at a time."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from dataflow_health.config import catalogue
from dataflow_health.errors import ConfigError, ConfigIssue

LAYOUT = """\
describes: Two parameters.
words_per_subframe: 64
parameters:
  engine_1_ng_pct:
    unit: "%"
    words: [2, 34]
  engine_1_oil_pressure_psi:
    unit: psi
    words: [3]
    valid_range: [0, 200]
"""
RECORDER = """\
kind: arinc717
members: ['(?P<tail>[A-Z-]+)\\.rdf$']
layout: small
"""
PROCESS = """\
describes: Where archives come from.
after: [aircraft]
checks:
  - {kind: disk_free, path: /, within: PT2S}
"""
ALGORITHM = """\
describes: Oil pressure is low while the engine runs.
source: Generic.
kind: exceedance
when: engine_1_oil_pressure_psi < 35 and engine_1_ng_pct > 60
lasting: PT5S
during: [airborne]
severity: warning
"""
VALID_FILES = {
    "layouts/small.yaml": LAYOUT,
    "recorders/card.yaml": RECORDER,
    "processes/aircraft.yaml": "describes: The fleet.\nexternal: true\n",
    "processes/download.yaml": PROCESS,
    "algorithms/oil_pressure_low.yaml": ALGORITHM,
}


Mistake = tuple[str, str, int, str, str, str]
"""File, its text, then the expected line, key, start of the problem and part of what is allowed."""


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Writes files by relative path and returns their folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return root


def issues_of(*folders: Path) -> tuple[ConfigIssue, ...]:
    """Issues that loading the folders raises."""
    with pytest.raises(ConfigError) as caught:
        catalogue.load(*folders)
    return caught.value.issues


def assert_reported_once(
    root: Path, mistake: Mistake, valid_files: Mapping[str, str] = VALID_FILES
) -> None:
    """Adds one mistake to the valid files and compares the only issue that it causes."""
    name, text, line, key, problem, allowed = mistake
    (issue,) = issues_of(write_files(root, {**valid_files, name: text}))
    assert (issue.file, issue.line, issue.key) == (name, line, key)
    assert problem in issue.problem
    assert allowed in issue.allowed


def mistakes_test(
    mistakes: Mapping[str, Mistake], valid_files: Mapping[str, str] = VALID_FILES
) -> Callable[[Path, str], None]:
    """A test, run once per mistake, that it is reported once with file, line and valid values."""

    @pytest.mark.parametrize("mistake", mistakes)
    def test(tmp_path: Path, mistake: str) -> None:
        assert_reported_once(tmp_path, mistakes[mistake], valid_files)

    return test
