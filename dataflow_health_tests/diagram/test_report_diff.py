"""What changed."""

from dataflow_health.diagram.report_diff import changes, diff
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import NOON, ago


def test_a_difference_tells_the_cause_first_and_why() -> None:
    before = scenes.instead().model_copy(update={"at": ago(hours=1)})
    heading, cause, *effects = diff(before, scenes.database_down()).splitlines()
    assert heading == "2026-11-20 11:00Z to 2026-11-20 12:00Z: 10 changed"
    assert cause == (
        "  results_database: ✓ HEALTHY -> × FAILED: database_answers: connection refused"  # noqa: RUF001
    )
    waits = "✓ HEALTHY -> ‖ BLOCKED: waits for results_database;"
    held_up = {"load": 5}
    assert set(effects) == {
        f"  {name}: {waits} {held_up.get(name, 0)} recordings held up"
        for name in (*STAGES, "overview")
    }


def test_no_difference_is_said_too() -> None:
    report = scenes.instead()
    assert changes(report, report) == ()
    assert "nothing changed" in diff(report, report)


def test_what_came_and_what_went_is_told() -> None:
    def only(name: str) -> HealthReport:
        process = ProcessHealth(name=name, status=Status.HEALTHY)
        return HealthReport(at=NOON, status=Status.HEALTHY, processes=(process,))

    told = [str(each) for each in changes(only("old"), only("new"))]
    assert told == ["new: (new) -> ✓ HEALTHY", "old: ✓ HEALTHY -> (gone)"]
