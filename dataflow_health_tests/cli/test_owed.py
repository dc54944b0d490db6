import pytest

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import result, states


def test_nothing_owed_exits_with_code_0(shell: OperatorShell) -> None:
    assert "Nothing is owed" in shell.output("owed")


def test_owed_answers_are_listed_with_their_days_and_exit_with_code_1(shell: OperatorShell) -> None:
    analyse(shell.engine, sorted(states(shell.engine)), {})
    output = shell.output("owed", code=1)
    assert "rotor_speed_low" in output
    assert "2026-11-20 (2)" in output
    assert "dataflow-health rerun --owed" in output
    work = shell.json("owed", code=1)
    assert work["answers"] == 2 * len(factories.catalogue().algorithms)


def test_single_recordings_are_listed_of_an_algorithm_and_a_day(shell: OperatorShell) -> None:
    ids = sorted(states(shell.engine))
    analyse(shell.engine, ids, {})
    count = len(factories.catalogue().algorithms) - 1
    output = shell.output("owed", "--recordings", "--limit", 1, code=1)
    assert f"{count} more" in output
    assert "The newest 1" in output
    page = shell.json("owed", "--algorithm", "rotor_speed_low", "--day", "2026-11-20", code=1)
    assert [each["recording"] for each in page["recordings"]] == ids
    assert page["recordings"][0]["algorithms"] == ["rotor_speed_low"]
    assert "No recording is owed" in shell.output("owed", "--day", "2026-11-21")
    assert "did you mean rotor_speed_low?" in shell.output(
        "owed", "--algorithm", "rotor_sped_low", code=2
    )
    assert "2026-13-40" in shell.output("owed", "--day", "2026-13-40", code=2)


def test_recordings_of_an_older_layout_are_owed_too(shell: OperatorShell) -> None:
    ids = sorted(states(shell.engine))
    ledger.finish(shell.engine, "parse", DAY, "run", [result(each) for each in ids])
    output = shell.output("owed", code=1)
    assert "older parser" in output
    assert "2026-11-20 (2)" in output
    [day] = shell.json("owed", code=1)["outdated"]
    assert (day["stage"], day["recordings"]) == ("parse", 2)


@pytest.mark.parametrize("command", [("owed",), ("rerun", "--owed", "--dry-run")])
def test_what_only_reads_declares_nothing(shell: OperatorShell, command: tuple[str, ...]) -> None:
    analyse(shell.engine, sorted(states(shell.engine)), {})
    shell.output(*command, code=int(command == ("owed",)))
    for table in (tables.declared_algorithm, tables.declared_version):
        assert fetch(shell.engine, table.select()) == []
