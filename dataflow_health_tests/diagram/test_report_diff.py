from dataflow_health.diagram.report_diff import compare, format_diff
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import NOON, ago


def test_a_comparison_lists_the_cause_first_with_its_reason() -> None:
    before = scenes.healthy_except().model_copy(update={"at": ago(hours=1)})
    after = scenes.database_down()
    text = format_diff(before.at, after.at, compare(before, after))
    heading, cause, *effects = text.splitlines()
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


def test_equal_reports_have_no_changes() -> None:
    report = scenes.healthy_except()
    assert compare(report, report) == ()
    assert "nothing changed" in format_diff(NOON, NOON, ())


def test_added_and_removed_processes_are_listed() -> None:
    def only(name: str) -> HealthReport:
        process = ProcessHealth(name=name, status=Status.HEALTHY)
        return HealthReport(at=NOON, status=Status.HEALTHY, processes=(process,))

    changes = [str(change) for change in compare(only("old"), only("new"))]
    assert changes == ["new: (new) -> ✓ HEALTHY", "old: ✓ HEALTHY -> (gone)"]
