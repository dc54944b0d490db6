import pytest
from sqlalchemy import delete

from dataflow_health.storage.sql import database, tables
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


def test_the_schema_goes_back_only_when_confirmed_and_says_what_is_lost(
    shell: OperatorShell,
) -> None:
    newest = database.known_revisions()[-1]
    assert shell.json("ledger", "schema")["schema"] == newest
    said = shell.output("ledger", "schema", "--downgrade-to", "0001")
    assert "0002: Findings have the state" in said
    assert "Its downgrade loses: nothing is lost" in said
    assert f"has revision {newest}" in said
    assert "Nothing was changed" in said
    done = shell.json("ledger", "schema", "--downgrade-to", "0001", "--yes")
    assert (done["schema"], done["newest"]) == ("0001", newest)
    refused = shell.output("ledger", "schema", "--downgrade-to", "0000", code=2)
    assert "it can go back to one of: none" in refused
    database.upgrade(shell.engine)
