import sys
from pathlib import Path

import pytest

from dataflow_health.errors import SandboxError
from dataflow_health.stages.sandbox import child_process
from dataflow_health.stages.sandbox.child_process import ChildProcess
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health_tests.stages.sandbox import jobs

pytestmark = pytest.mark.server


def test_a_process_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "_MODULE", "no_such_module")
    child = ChildProcess(SandboxLimits())
    with pytest.raises(SandboxError, match="no_such_module"):
        child.send((jobs.count, (1,)))
    child.kill()


def test_a_missing_python_is_a_fault_of_the_stage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no_python"))
    with pytest.raises(SandboxError, match="no_python"):
        ChildProcess(SandboxLimits())


def test_an_idle_process_ends_when_it_is_closed() -> None:
    child = ChildProcess(SandboxLimits())
    assert child.is_alive
    child.close()
    assert not child.is_alive
