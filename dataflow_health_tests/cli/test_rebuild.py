from collections.abc import Sequence

import pytest

from dataflow_health.cli import rebuild
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import archive, result, states


@pytest.fixture
def recording(shell: OperatorShell, monkeypatch: pytest.MonkeyPatch) -> str:
    """A recording in quarantine, which the next run of parse finishes."""
    archive(shell.engine, digest="a" * 64)
    first = min(states(shell.engine))

    def run_days(_settings: Settings, days: Sequence[str], _console: object) -> list[str]:
        ledger.finish(shell.engine, "parse", days[0], "run", [result(first)])
        return []

    monkeypatch.setattr(rebuild, "run_days", run_days)
    return first


def test_it_runs_the_arrival_day_and_names_what_is_not_done(
    shell: OperatorShell, recording: str
) -> None:
    output = shell.output("rebuild", recording, "--from", "parse", code=1)
    assert "Not done at compress" in output
    assert [each["action"] for each in shell.json("audit")] == ["rebuild"]
    ledger.finish(shell.engine, "compress", DAY, "run", [result(recording)])
    done = shell.json("rebuild", recording, "--from", "parse", code=1)
    assert done == {"stages": 3, "unfinished": ["compress", "store"]}


def test_a_stage_that_it_has_not_reached_is_refused(shell: OperatorShell, recording: str) -> None:
    assert "has not reached load" in shell.output("rebuild", recording, "--from", "load", code=2)
