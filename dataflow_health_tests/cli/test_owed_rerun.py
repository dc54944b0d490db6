import pytest

from dataflow_health.cli import owed_rerun
from dataflow_health.stages import parse
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import refuse, result, states

COUNT = 2 * len(factories.catalogue().algorithms)


@pytest.fixture
def owing(shell: OperatorShell) -> OperatorShell:
    """An installation whose two analysed recordings have no answer."""
    analyse(shell.engine, sorted(states(shell.engine)), {})
    return shell


def test_without_a_debt_nothing_runs(shell: OperatorShell) -> None:
    assert "Nothing is owed" in shell.output("rerun", "--owed")


def test_a_dry_run_names_the_days_and_changes_nothing(owing: OperatorShell) -> None:
    output = owing.output("rerun", "--owed", "--dry-run")
    assert f"owed: {COUNT} answers" in output
    assert "on 2026-11-20. Nothing was changed." in output
    plan = owing.json("rerun", "--owed", "--dry-run")
    assert (plan["days"], plan["owed"], plan["still_owed"]) == (["2026-11-20"], COUNT, COUNT)
    assert owing.json("audit") == []


def test_a_run_pays_and_is_in_the_audit_log(
    owing: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {name: each.version for name, each in factories.catalogue().algorithms.items()}

    def pay(_settings: object, _console: object) -> bool:
        analyse(owing.engine, sorted(states(owing.engine)), versions)
        return True

    monkeypatch.setattr(owed_rerun, "pay_owed", pay)
    output = owing.output("rerun", "--owed", "--reason", "new algorithm")
    assert f"{COUNT} of {COUNT} owed answers are there now" in output
    assert [each["action"] for each in owing.json("audit")] == ["rerun"]


@pytest.mark.parametrize(
    ("is_refused", "shown"), [(False, "The run failed"), (True, "2 recordings lack answers")]
)
def test_a_run_that_fails_or_refuses_recordings_leaves_the_debt_and_exits_with_code_1(
    owing: OperatorShell, monkeypatch: pytest.MonkeyPatch, *, is_refused: bool, shown: str
) -> None:
    def pay(_settings: object, _console: object) -> bool:
        if is_refused:
            refuse(owing.engine, sorted(states(owing.engine)), "analyse", "input_missing")
        return is_refused

    monkeypatch.setattr(owed_rerun, "pay_owed", pay)
    output = owing.output("rerun", "--owed", code=1)
    assert f"0 of {COUNT}" in output
    assert shown in output


def test_recordings_of_an_older_layout_are_processed_again(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted(states(shell.engine))
    done = [result(each) for each in (first, second)]
    ledger.finish(shell.engine, "parse", DAY, "run", done)
    dry = shell.output("rerun", "--owed", "--dry-run")
    assert dry.startswith("2 recordings to process again, on 2026-11-20.")

    def pay(_settings: object, _console: object) -> bool:
        version = parse.code_version(factories.catalogue(), "generic_rdf", None)
        ledger.finish(shell.engine, "parse", DAY, "run", [result(first, version=version)])
        return True

    monkeypatch.setattr(owed_rerun, "pay_owed", pay)
    output = shell.output("rerun", "--owed", code=1)
    assert "1 of 2 recordings were processed again" in output


@pytest.mark.parametrize("option", [("--failed",), ("--stage", "parse"), ("--tail", "HB-ZAA")])
def test_everything_that_is_owed_runs_or_nothing(
    shell: OperatorShell, option: tuple[str, ...]
) -> None:
    shell.output("rerun", "--owed", *option, code=2)
