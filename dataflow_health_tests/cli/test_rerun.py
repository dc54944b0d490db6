from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.storage.ledger.factories import refuse_archive, states


def test_a_dry_run_counts_and_changes_nothing(shell: OperatorShell) -> None:
    output = shell.output("rerun", "--failed", "--dry-run")
    assert "2 items on 2026-11-20. Nothing was changed." in output
    assert set(states(shell.engine).values()) == {"quarantined"}
    assert shell.json("audit") == []


def test_the_json_of_a_dry_run_groups_the_items(shell: OperatorShell) -> None:
    plan = shell.json("rerun", "--failed", "--dry-run")
    assert plan["planned"] == [
        {
            "arrival_day": "2026-11-20", "stage": "parse", "state": "quarantined",
            "reason": "no_sync", "count": 2,
        }
    ]  # fmt: skip
    assert (plan["dry_run"], plan["days"], plan["unfinished"]) == (True, ["2026-11-20"], [])


def test_archives_without_a_tail_in_their_name_are_reported_as_left_out(
    shell: OperatorShell,
) -> None:
    refuse_archive(shell.engine, name="batch.zip")
    filtered = ("rerun", "--failed", "--dry-run", "--tail", "HB-ZAA")
    assert "1 unfinished archives are left out" in shell.output(*filtered)
    assert "2 items on 2026-11-20" in shell.output(*filtered)
    assert shell.json(*filtered)["archives_without_tail"] == 1
    assert "left out" not in shell.output("rerun", "--failed", "--dry-run")


def test_a_rerun_needs_the_option_failed_and_a_known_stage(shell: OperatorShell) -> None:
    assert "add --failed or --owed" in shell.output("rerun", code=2)
    unknown = shell.output("rerun", "--failed", "--stage", "pars", code=2)
    assert "did you mean parse" in unknown


def test_without_unfinished_work_there_is_nothing_to_rerun(shell: OperatorShell) -> None:
    assert "Nothing to rerun" in shell.output("rerun", "--failed", "--tail", "HB-ZZZ")
