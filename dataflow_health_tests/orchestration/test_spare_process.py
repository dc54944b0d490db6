import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from dataflow_health.orchestration import spare_process
from dataflow_health.settings import Settings


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


@pytest.mark.spark
def test_the_archive_of_classes_is_made_while_it_waits_and_no_longer(tmp_path: Path) -> None:
    def makers() -> list[psutil.Process]:
        return psutil.Process().children(recursive=True)

    before = makers()
    with spare_process._archive_is_made(Settings(home=tmp_path)):
        [maker] = [each for each in makers() if each not in before]
        assert "dataflow_health.cli.class_archive" in maker.cmdline()
    assert makers() == before
