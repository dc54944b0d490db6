from datetime import date
from typing import get_args

import pytest

from dataflow_health.health import remedy
from dataflow_health.health.check import LEDGER, STEP, AssetCheck
from dataflow_health.health.ledger_check import LEDGER_CHECK_KINDS
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.remedy import Remedy
from dataflow_health.health.stage_check_names import STAGE_CHECK_NAMES
from dataflow_health_tests.health.incident_factories import make_problem

DAYS = (date(2026, 11, 20), date(2026, 11, 21))


def kinds() -> set[str]:
    found = {
        AssetCheck.model_fields["kind"],
        *(c.model_fields["kind"] for c in get_args(LiveCheck)),
    }
    return {get_args(each.annotation)[0] for each in found} | {STEP, LEDGER, *LEDGER_CHECK_KINDS}


def test_every_kind_of_check_declares_its_remedy_and_no_other_does() -> None:
    assert set(remedy.BY_KIND) == kinds()
    names = {name for stage in STAGE_CHECK_NAMES.values() for name in stage}
    assert set(remedy.BY_CHECK) <= names
    assert not set(remedy.DAMAGED) & set(remedy.MENDABLE)


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ({"cause": "crc_error", "process": "extract"},
         "quarantine write-off --stage extract --reason-code crc_error "
         "--reason 'crc_error: sent again or lost'"),
        ({"cause": "tail_mismatch"},
         "quarantine write-off --stage parse --reason-code tail_mismatch "
         "--reason 'tail_mismatch: sent again or lost'"),
        ({"tails": ("HB-A",), "days": DAYS[:1]},
         "quarantine replay --stage parse --reason-code no_sync --day 2026-11-20 --tail HB-A "
         "--reason 'no_sync: cause removed'"),
        ({"tails": ("HB-A", "HB-B"), "days": DAYS},
         "quarantine replay --stage parse --reason-code no_sync --reason 'no_sync: cause removed'"),
    ],
)  # fmt: skip
def test_items_in_quarantine_are_written_off_or_replayed_and_never_run_again(
    given: dict[str, object], command: str
) -> None:
    found = remedy.of_problem(make_problem(**given))
    assert found.command == f"dataflow-health {command}"
    assert found.step


def test_only_a_failed_run_and_work_that_does_not_move_are_run_again() -> None:
    step = {"kind": STEP, "check": STEP, "cause": "failed", "quarantined": False}
    command = "dataflow-health rerun --failed"
    assert remedy.of_problem(make_problem(**step)).command == command
    one_day = remedy.of_problem(make_problem(**step, days=DAYS[:1]))
    assert one_day.command == f"{command} --day 2026-11-20"
    assert [k for k, each in remedy.BY_KIND.items() if "--failed" in each.command] == [
        STEP, "work_moves",
    ]  # fmt: skip


def test_a_check_that_refuses_nothing_has_the_step_of_its_name_or_kind() -> None:
    assert remedy.of_check("asset_check", "rows_landed") == Remedy(
        remedy.BY_CHECK["rows_landed"][0]
    )
    assert remedy.of_check("asset_check", "parameters_live") == remedy.BY_KIND["asset_check"]
    assert remedy.of_check("unknown_kind", "x") == Remedy()


def test_an_item_has_a_command_only_in_quarantine() -> None:
    assert remedy.of_item("1" * 64, "no_sync", "done") == Remedy()
    assert remedy.of_item("1" * 64, "no_sync", "quarantined").command == (
        "dataflow-health quarantine replay 111111111111 --reason 'no_sync: cause removed'"
    )


def test_an_aircraft_name_cannot_add_a_command() -> None:
    command = remedy.of_problem(make_problem(tails=("x; rm -rf /",))).command
    assert "--tail 'x; rm -rf /' --reason" in command


def test_owed_answers_are_paid_by_their_own_command() -> None:
    owed = {"kind": "answers_complete", "check": "answers_complete", "quarantined": False}
    found = remedy.of_problem(make_problem(**owed, process="analyse", cause="owed"))
    assert found.command == "dataflow-health rerun --owed"
    assert "sensor owed" in found.step


def test_archives_that_are_not_taken_have_no_command() -> None:
    waiting = {"kind": "work_moves", "check": "work_moves", "quarantined": False}
    found = remedy.of_problem(make_problem(**waiting, process="download", cause="not_taken"))
    assert "sensor arrivals" in found.step
    assert not found.command
