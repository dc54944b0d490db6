import pytest

from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.storage.ledger.factories import states


@pytest.fixture
def ids(shell: OperatorShell) -> list[str]:
    return [each["id"] for each in shell.json("quarantine", "list", code=1)]


def test_the_list_shows_id_stage_aircraft_and_reason(shell: OperatorShell, ids: list[str]) -> None:
    output = shell.output("quarantine", "list", code=1)
    assert ids[0][:12] in output
    assert "HB-ZAA" in output
    assert "no_sync: why" in output


def test_the_list_keeps_to_its_filters(shell: OperatorShell) -> None:
    assert shell.json("quarantine", "list", "--stage", "load") == []
    assert shell.json("quarantine", "list", "--tail", "HB-ZZZ") == []
    assert shell.json("quarantine", "list", "--day", "2026-11-21") == []
    assert shell.json("quarantine", "list", "--reason-code", "crc_error") == []
    assert len(shell.json("quarantine", "list", "--reason-code", "no_sync", code=1)) == 2
    assert "The quarantine is empty." in shell.output("quarantine", "list", "--stage", "load")


def test_an_item_is_shown_with_its_reason_and_original_bytes(
    shell: OperatorShell, ids: list[str]
) -> None:
    detail = shell.json("quarantine", "show", ids[0])
    assert (detail["reason"], detail["stage"], detail["tail"]) == ("no_sync", "parse", "HB-ZAA")
    assert (detail["kind"], detail["hex"], bool(detail["note"])) == ("recording", "", True)
    output = shell.output("quarantine", "show", ids[0][:6] if ids[0][:6] != ids[1][:6] else ids[0])
    assert "reason        no_sync" in output
    assert f"{ids[0]}.rdf (0 bytes)" in output


def test_an_item_is_written_off_with_a_reason(shell: OperatorShell, ids: list[str]) -> None:
    first, second = ids
    assert "--reason" in shell.output("quarantine", "write-off", first, code=2)
    words = ("quarantine", "write-off", first, "--reason", "card was wet", "--operator", "anna")
    assert shell.json(*words) == {"written_off": 1}
    assert [each["id"] for each in shell.json("quarantine", "list", code=1)] == [second]
    assert [each["id"] for each in shell.json("quarantine", "list", "--written-off")] == [first]
    (entry,) = shell.json("audit")
    assert (entry["operator"], entry["action"], entry["reason"]) == (
        "anna", "write_off", "card was wet",
    )  # fmt: skip
    assert entry["origin"].startswith("cli@")


def test_a_replay_queues_the_item_and_can_leave_the_run_to_the_daemon(
    shell: OperatorShell, ids: list[str]
) -> None:
    first, second = ids
    result = shell.json("quarantine", "replay", first, "--no-run", "--reason", "new code")
    assert result == {"replayed": 1, "days": ["2026-11-20"], "refused_again": []}
    assert states(shell.engine)[first] == "waiting"
    wrong = ("--no-run", "--reason", "x", "--layout", "generic_twin_257")
    output = shell.output("quarantine", "replay", second, *wrong, code=2)
    assert "did you mean generic_twin_256" in output


def test_all_items_of_a_reason_are_written_off_at_once(
    shell: OperatorShell, ids: list[str]
) -> None:
    words = ("quarantine", "write-off", "--reason", "card was wet", "--tail", "HB-ZAA")
    assert shell.json(*words, "--reason-code", "crc_error") == {"written_off": 0}
    assert shell.json(*words, "--reason-code", "no_sync") == {"written_off": len(ids)}


@pytest.mark.parametrize("words", [(), ("0000000", "--stage", "parse")])
def test_an_action_needs_either_ids_or_filters(
    shell: OperatorShell, words: tuple[str, ...]
) -> None:
    output = shell.output("quarantine", "replay", "--reason", "x", *words, code=2)
    assert "either IDs, or at least one of" in output
    assert set(states(shell.engine).values()) >= {"quarantined"}
