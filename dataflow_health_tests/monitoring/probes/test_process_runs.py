import os
import subprocess
import sys

import pytest

from dataflow_health_tests.monitoring.probes.probing import probe


@pytest.mark.server
def test_a_program_runs_or_does_not() -> None:
    mark = f"probe-me-{os.getpid()}"
    check = {"kind": "process_runs", "command": mark}
    assert probe(check).detail == "running (0) >= 1"
    sleeper = subprocess.Popen([sys.executable, "-c", "input()", mark], stdin=subprocess.PIPE)
    try:
        assert probe(check).outcome == "passed"
        assert probe(check | {"at_least": 2}).outcome == "failed"
    finally:
        sleeper.communicate(b"\n")
    assert probe(check).outcome == "failed"
