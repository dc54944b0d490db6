import pytest
from sqlalchemy import delete

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.cli.conftest import OperatorShell


def parse_counts(balance: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return next(each for each in balance["stages"] if each["stage"] == "parse")


@pytest.mark.parametrize("day", [(), ("--day", "2026-11-20")])
def test_balanced_counts_exit_with_code_0(shell: OperatorShell, day: tuple[str, ...]) -> None:
    balance = shell.json("ledger", *day)
    parse = parse_counts(balance)
    assert balance["is_balanced"] is True
    assert (parse["incoming"], parse["quarantined"], parse["unaccounted"]) == (2, 2, 0)
    assert "The counts balance." in shell.output("ledger", *day)


def test_a_lost_recording_is_unaccounted_and_exits_with_code_1(shell: OperatorShell) -> None:
    table = tables.recording_stage
    with writing(shell.engine) as connection:
        lost = connection.execute(table.select().limit(1)).one().recording_id
        connection.execute(delete(table).where(table.c.recording_id == lost))
    balance = shell.json("ledger", code=1)
    assert (balance["is_balanced"], parse_counts(balance)["unaccounted"]) == (False, 1)
    assert "do NOT balance" in shell.output("ledger", code=1)


def test_rebuild_restores_nothing_where_the_ledger_knows_all(shell: OperatorShell) -> None:
    assert shell.json("ledger", "rebuild") == {"restored": [], "problems": {}}
    assert "0 archives restored" in shell.output("ledger", "rebuild")
