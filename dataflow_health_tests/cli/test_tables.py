import io

import pytest
from rich.console import Console

from dataflow_health.cli.tables import STATUS_STYLE, problem_lines, stage_table
from dataflow_health.health.observation import Counts, Evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health_tests.diagram import scenes


def parse_with(report: HealthReport, **changes: object) -> HealthReport:
    """The report with its process ``parse`` alone, changed."""
    parse = report.find("parse")
    assert parse is not None
    return report.model_copy(update={"processes": (parse.model_copy(update=changes),)})


def lines(report: HealthReport) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    console.print(stage_table(report))
    return console.file.getvalue().splitlines()


def test_every_status_has_a_style() -> None:
    assert set(STATUS_STYLE) == set(Status)


def test_the_table_has_one_line_per_process_in_pipeline_order() -> None:
    report = scenes.one_bad_recording()
    names = [line.split()[2] for line in lines(report)[1:]]
    assert names == [process.name for process in report.processes]


def test_a_line_counts_duplicates_and_fits_into_80_columns() -> None:
    counts = Counts(incoming=12_019, done=12_016, duplicate=1, quarantined=2)
    heading, line = lines(parse_with(scenes.one_bad_recording(), counts=counts))
    assert heading.split() == [
        "status", "stage", "in", "done", "duplicate", "quarantined", "waiting",
    ]  # fmt: skip
    assert line.split()[2:] == ["parse", "12019", "12016", "1", "2", "0"]


def test_a_healthy_process_has_no_line_of_a_problem() -> None:
    healthy = ProcessHealth(name="parse", status=Status.HEALTHY, reason="6 checks passed")
    report = scenes.one_bad_recording().model_copy(update={"processes": (healthy,)})
    assert list(problem_lines(report)) == []


@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        ((Evidence(found="a note"),), "frames_in_sync: 1"),
        (
            (Evidence(archive="a.zip", member="x/b.rdf", reason="wrong_frame_rate", found="512"),),
            "b.rdf: wrong frame rate (512)",
        ),
        ((Evidence(archive="a.zip", reason="truncated"),), "a.zip: truncated"),
        ((Evidence(tail="HB-ZAC", reason="late"),), "HB-ZAC: late"),
    ],
)
def test_a_problem_is_named_by_its_file_and_reason_in_one_line(
    evidence: tuple[Evidence, ...], cause: str
) -> None:
    report = parse_with(
        scenes.one_bad_recording(), evidence=evidence, reason="frames_in_sync: 1",
        status=Status.FAILED,
    )  # fmt: skip
    symbol = Status.FAILED.symbol
    assert [line.plain for line in problem_lines(report)] == [f"{symbol} parse: {cause}"]


def test_the_worst_problem_comes_first() -> None:
    report = scenes.database_down()
    ranks = {p.name: p.status.rank for p in report.processes}
    shown = [ranks[line.plain.split()[1].removesuffix(":")] for line in problem_lines(report)]
    assert shown == sorted(shown, reverse=True)
    assert shown
