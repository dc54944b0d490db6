import sys
from pathlib import Path
from types import ModuleType

import pytest

from dataflow_health.orchestration import spare_process


def test_a_module_whose_file_has_changed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plugin.py"
    file.write_text("X = 1\n")
    module = ModuleType("plugin_of_an_operator")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    before = spare_process._modules()
    assert spare_process._modules(before) == before
    file.unlink()
    assert spare_process._modules(before) != before
