import base64
from typing import Any

import dagster as dg

from dataflow_health import wiring
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.orchestration.metadata.overview import (
    check_fields,
    metadata,
    read_overview,
    summarise,
)
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings
from dataflow_health_tests.diagram import scenes

ALL = len(scenes.pipeline().processes)


def healthy() -> HealthReport:
    return scenes.healthy_except()


def records(values: Any, name: str) -> list[dict[str, Any]]:
    return [dict(record.data) for record in values[name].records]


def test_the_strip_is_inline_and_names_what_it_counts() -> None:
    report = scenes.one_bad_recording()
    for values in (metadata(report, ()), check_fields(report)["metadata"]):
        markdown: Any = values["health"].value
        assert len(markdown) < 1000
        assert markdown.startswith(f"![1 FAILED, {ALL - 1} HEALTHY](data:image/svg+xml;base64,")
        picture = base64.b64decode(markdown.partition("base64,")[2].rstrip(")"))
        assert picture.startswith(b"<svg")


def test_the_overview_has_a_row_per_process_and_numbers_to_plot() -> None:
    values = metadata(scenes.one_bad_recording(), ())
    rows = {row["process"]: row for row in records(values, "processes")}
    assert len(rows) == ALL
    assert rows["parse"]["status"] == f"{Status.FAILED.symbol}\u00a0FAILED"
    counts = tuple(rows["parse"][name] for name in ("in", "done", "quarantined"))
    assert counts == (12, 11, 1)
    assert values["processes_failed"].value == 1
    assert values["processes_healthy"].value == ALL - 1


def test_the_check_passes_when_nothing_is_failed_and_names_the_causes_when_something_is() -> None:
    assert check_fields(healthy())["passed"]
    fields = check_fields(scenes.one_bad_recording())
    assert not fields["passed"]
    assert fields["severity"] is dg.AssetCheckSeverity.WARN
    assert fields["description"].startswith("parse FAILED: frames_in_sync")
    [row] = records(fields["metadata"], "causes")
    assert (row["process"], row["member"], row["byte"]) == ("parse", "raw.dat", 98304)


def test_the_overview_is_red_for_a_fault_of_its_own_only() -> None:
    [own, *others] = sorted(healthy().processes, key=lambda each: each.name != "overview")
    failed = own.model_copy(update={"status": Status.FAILED})
    report = healthy().model_copy(update={"processes": (failed, *others)})
    assert check_fields(report)["severity"] is dg.AssetCheckSeverity.ERROR


def test_a_process_that_only_waits_is_no_cause() -> None:
    causes = records(check_fields(scenes.database_down())["metadata"], "causes")
    assert [row["process"] for row in causes] == ["results_database"]


def test_the_summary_says_that_nothing_is_failed_and_what_is_worst() -> None:
    assert summarise(healthy()) == "no process is FAILED; the worst is HEALTHY"


def test_an_overview_without_aircraft_shows_no_empty_table() -> None:
    assert "aircraft" not in metadata(healthy(), ())


def test_the_overview_of_a_new_installation_has_every_process_and_no_aircraft(
    chosen: Settings,
) -> None:
    overview = read_overview(wiring.catalogue(chosen), PipelineResource())
    assert {each.name for each in overview.status.processes} == set(
        wiring.catalogue(chosen).processes
    )
    assert overview.aircraft == ()
