import io

from rich.console import Console

from dataflow_health.cli.tables import MAX_EVIDENCE, STATUS_STYLE, print_report
from dataflow_health.health.observation import Evidence
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health_tests.diagram import scenes


def rows(report: HealthReport, *, worst_first: bool = False) -> list[str]:
    console = Console(file=io.StringIO(), width=160)
    print_report(report, console, title="The stages", worst_first=worst_first)
    output = console.file.getvalue()
    assert output.startswith("The stages")
    return [line for line in output.splitlines() if line.startswith("│")]


def names(lines: list[str]) -> list[str]:
    return [name for line in lines if (name := line.split("│")[1].strip())]


def test_every_status_has_a_style() -> None:
    assert set(STATUS_STYLE) == set(Status)


def test_the_table_has_one_row_per_process_in_pipeline_order() -> None:
    report = scenes.one_bad_recording()
    assert names(rows(report)) == [process.name for process in report.processes]


def test_the_worst_status_can_come_first() -> None:
    assert names(rows(scenes.one_bad_recording(), worst_first=True))[0] == "parse"


def test_a_row_shows_counts_reason_and_the_first_pieces_of_evidence() -> None:
    report = scenes.one_bad_recording()
    parse = report.find("parse")
    assert parse is not None
    assert parse.counts is not None
    evidence = [Evidence(tail="HB-ZAC", byte_offset=n, found=f"piece {n}") for n in range(9)]
    changed = parse.model_copy(update={"evidence": tuple(evidence)})
    lines = rows(report.model_copy(update={"processes": (changed,)}))
    cells = [cell.strip() for cell in lines[0].split("│")[1:-1]]
    assert cells[1] == "× FAILED"  # noqa: RUF001
    assert cells[2:5] == [
        str(parse.counts.incoming), str(parse.counts.done), str(parse.counts.quarantined),
    ]  # fmt: skip
    shown = [line.split("│")[6].strip() for line in lines if "piece" in line]
    assert shown == [f"- HB-ZAC byte {n}: piece {n}" for n in range(MAX_EVIDENCE)]
