import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import report

ROOT = Path(__file__).parents[1]


@pytest.mark.soak
@pytest.mark.parametrize("name", report.MODULES)
def test_a_benchmark_runs_to_its_end_with_small_inputs_and_prints_its_table(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout.partition("| measurement |")[2].splitlines()
    assert len(table) > 2, done.stdout
    page = report.DOCS / report.PAGES.get(name, "performance.md")
    assert f"<!-- {name} -->" in page.read_text(), f"{page} has no place for {name}"
