"""The encoder and the decoder share the layout's model and nothing else."""

import ast
from pathlib import Path

from dataflow_health import simulator

SHARED = {"dataflow_health.flight.layout", "dataflow_health.flight.recorder"}


def test_the_synthetic_fleet_uses_none_of_the_decoders_code():
    imported = {
        node.module
        for path in Path(simulator.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {name for name in imported if name.startswith("dataflow_health.flight")} == SHARED
