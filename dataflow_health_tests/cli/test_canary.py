"""Output of the command; operations/test_canary.py runs the canary itself."""

import io

import pytest
from rich.console import Console

from dataflow_health.cli import canary
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import NOON


def printed(result: CanaryResult) -> dict[str, str]:
    """Result of every stage as the table shows it."""
    console = Console(file=io.StringIO(), width=120)
    table = canary._table(result)
    console.print(table)
    stages, results = ([*column.cells] for column in table.columns)
    return dict(zip(stages, results, strict=True))


def test_a_right_result_is_shown_for_all_eight_stages() -> None:
    rows = printed(CanaryResult(at=NOON, took_s=30.0))
    assert list(rows) == list(STAGES)
    assert set(rows.values()) == {"✓ equal to the known result"}


def test_stages_after_a_wrong_result_are_not_compared() -> None:
    rows = printed(CanaryResult(at=NOON, took_s=30.0, stage="parse", fault="digest differs"))
    assert rows["extract"] == "✓ equal to the known result"
    assert rows["parse"].endswith("digest differs")
    assert set(list(rows.values())[3:]) == {"? not compared"}


def test_a_faulty_setting_ends_the_command_before_the_canary_flies(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_WORKERS", "many")
    result = run("canary")
    assert result.exit_code == 2
    assert "DATAFLOW_HEALTH_WORKERS" in result.output
