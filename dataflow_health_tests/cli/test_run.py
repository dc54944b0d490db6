"""Parts of the command that need no Spark; docs/test_walkthrough.py runs it whole."""

from pathlib import Path

import pytest


def test_with_an_empty_landing_folder_nothing_is_run(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_SETTLE_S", "0")
    (tmp_path / "landing").mkdir()
    result = run("run", "--home", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Nothing new: all archives have already passed")
    assert "parse" in result.output
