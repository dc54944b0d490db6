import ast
from pathlib import Path

from dataflow_health import simulator

SHARED = {"dataflow_health.flight.layout", "dataflow_health.flight.recorder"}


def test_the_simulator_shares_only_the_layout_and_recorder_models_with_the_decoder():
    imported = {
        node.module
        for path in Path(simulator.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {name for name in imported if name.startswith("dataflow_health.flight")} == SHARED
