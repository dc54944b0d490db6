from datetime import date

from dataflow_health.health import debt_evidence
from dataflow_health.health.observation import Evidence

DAY = date(2026, 11, 20)
WHOLE = Evidence(stage="parse", reason="owed")


def list_debts(named: int, count: int) -> list[tuple[str, str, int]]:
    newest = [(str(number), "HB-ZAA", DAY) for number in range(named)]
    found = debt_evidence.list_debts(WHOLE, newest, count, "recording", "dataflow-health owed")
    return [(each.recording_id, each.found, each.count) for each in found]


def test_three_are_named_and_the_others_counted() -> None:
    one = "owed: 1 recording, arrival day 2026-11-20"
    rest = "owed: 8 recordings; all: dataflow-health owed"
    assert list_debts(5, 11) == [("0", one, 1), ("1", one, 1), ("2", one, 1), ("", rest, 8)]
    assert list_debts(1, 1) == [("0", one, 1)]
    assert list_debts(0, 2) == [("", "owed: 2 recordings", 2)]
