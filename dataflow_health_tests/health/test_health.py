"""The model stands without Dagster, Spark, web or database, installed or not."""

import subprocess
import sys

import pytest

REFUSE = """
import sys
ALLOWED = {"dataflow_health", "pydantic", "pydantic_core", "annotated_types", "typing_extensions",
           "typing_inspection"}
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        ours = top in ALLOWED or top.startswith("_sysconfigdata")
        if not ours and top not in sys.stdlib_module_names:
            raise ImportError(f"not installed: {name}")
sys.meta_path.insert(0, Refuse())

from datetime import UTC, datetime
from dataflow_health.diagram.mermaid import draw
from dataflow_health.diagram.report_diff import compare
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation
from dataflow_health.health.process import Process

now = datetime(2026, 11, 20, tzinfo=UTC)
checks = [{"kind": "asset_check", "name": "good"}]
pipeline = Pipeline.of({"parse": Process(describes="x", checks=checks)})
seen = [Observation(process="parse", check="good", outcome="failed", at=now)]
report = evaluate(pipeline, seen, now)
print(report.status, compare(evaluate(pipeline, [], now), report), draw(report))
"""


@pytest.mark.server
def test_it_judges_and_draws_with_nothing_but_pydantic_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSE], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("FAILED ")
    assert "p_parse" in done.stdout
