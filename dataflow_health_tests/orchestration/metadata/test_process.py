from dataflow_health.health.process import Process
from dataflow_health.orchestration.metadata import process as process_metadata
from dataflow_health_tests.health.factories import asset_check, live_check, make_process


def test_an_owner_is_shown_when_dagster_accepts_it() -> None:
    def owners(owner: str) -> list[str]:
        return process_metadata.owners(Process(describes="x", owner=owner))

    assert owners("team:field") == ["team:field"]
    assert owners("jane@x.example") == ["jane@x.example"]
    assert owners("Jane") == []


def test_live_checks_and_runbook_are_shown_and_asset_checks_are_not() -> None:
    checks = [asset_check("good"), live_check()]
    process = make_process(checks=checks, runbook="https://x.example/y")
    values = process_metadata.metadata(process)
    assert set(values) == {"live_checks", "runbook"}
    [row] = values["live_checks"].value.records
    assert row.data["check"] in process_metadata.live_checks(process)
    assert process_metadata.metadata(Process(describes="x")) == {}


def test_a_process_has_at_most_three_icons() -> None:
    checks = [live_check(name="a"), live_check(name="b")]
    process = make_process(checks=checks)
    assert "external" in process_metadata.kinds(process)
    assert len(process_metadata.kinds(process)) <= process_metadata.MAX_KINDS
