from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.diagram import mermaid
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.monitoring import status_history
from dataflow_health.storage.records import status_changes
from dataflow_health_tests.factories import NOON, catalogue

PROCESSES = catalogue().processes
LATER = NOON + timedelta(minutes=10)
LATEST = NOON + timedelta(minutes=20)


def seen(process: str, check: str, outcome: str, at: datetime, detail: str = "") -> Observation:
    item = Evidence(stage=process, reason="no_sync", byte_offset=4096, hex="00 ff")
    return Observation.model_validate(
        {
            "process": process, "check": check, "outcome": outcome, "at": at, "detail": detail,
            "evidence": (item,) if outcome == "failed" else (),
        }
    )  # fmt: skip


def reported(at: datetime, *answers: Observation) -> HealthReport:
    """The report of some check results; a disk that has one can be written to."""
    writable = [seen(each.process, "lake_writable", "passed", at) for each in answers]
    return evaluate(Pipeline(PROCESSES), [*answers, *writable], at)


def disk(outcome: str, at: datetime, detail: str = "") -> Observation:
    return seen("lake_disk", "disk_free", outcome, at, detail)


def test_a_report_is_recorded_once_however_many_record_it(engine: Engine) -> None:
    report = reported(NOON, disk("passed", NOON))
    assert len(status_history.record(engine, report)) == len(PROCESSES)
    assert status_history.record(engine, report) == []
    assert status_history.record(engine, report.model_copy(update={"at": LATER})) == []


def test_only_what_changed_is_written_with_what_it_was_before(engine: Engine) -> None:
    status_history.record(engine, reported(NOON, disk("passed", NOON)))
    rows = status_history.record(
        engine, reported(LATER, disk("failed", LATER, "free_pct (1) >= 5"))
    )
    changed = {row.process: (row.from_status, row.to_status) for row in rows}
    assert changed["lake_disk"] == ("HEALTHY", "FAILED")
    assert changed["parse"] == ("UNKNOWN", "BLOCKED")
    assert "landing_folder" not in changed


def test_a_measured_value_that_moves_writes_nothing(engine: Engine) -> None:
    status_history.record(engine, reported(NOON, disk("failed", NOON, "free_pct (1.4) >= 5")))
    assert (
        status_history.record(engine, reported(LATER, disk("failed", LATER, "free_pct (1.3) >= 5")))
        == []
    )


def test_a_second_failing_check_is_written_though_the_status_stays(engine: Engine) -> None:
    first = seen("parse", "frames_in_sync", "failed", NOON)
    status_history.record(engine, reported(NOON, first))
    second = seen("parse", "values_in_range", "failed", LATER)
    (row,) = status_history.record(engine, reported(LATER, first, second))
    assert (row.process, row.from_status, row.to_status) == ("parse", "FAILED", "FAILED")


def test_the_past_is_drawn_as_it_was_to_the_letter(engine: Engine) -> None:
    then = reported(NOON, disk("passed", NOON), seen("parse", "frames_in_sync", "failed", NOON))
    status_history.record(engine, then)
    status_history.record(engine, reported(LATER, disk("failed", LATER)))
    past = status_history.as_of(engine, PROCESSES, NOON)
    assert mermaid.draw(past, expand=True) == mermaid.draw(then, expand=True)
    parse = past.find("parse")
    assert parse is not None
    assert parse.evidence[0].byte_offset == 4096


def test_before_the_history_everything_is_unknown(engine: Engine) -> None:
    status_history.record(engine, reported(NOON))
    before = status_history.as_of(engine, PROCESSES, NOON - timedelta(days=1))
    assert {each.status for each in before.processes} == {Status.UNKNOWN}
    assert {each.name for each in before.processes} == set(PROCESSES)


def test_a_process_that_is_no_longer_declared_leaves_the_history_but_not_the_past(
    engine: Engine,
) -> None:
    status_history.record(engine, reported(NOON))
    fewer = {name: process for name, process in PROCESSES.items() if name != "spark"}
    report = evaluate(Pipeline(fewer), (), LATER)
    (row,) = status_history.record(engine, report)
    assert (row.process, row.to_status) == ("spark", status_changes.ABSENT)
    assert status_history.as_of(engine, fewer, NOON).find("spark") is not None
    assert status_history.as_of(engine, fewer, LATEST).find("spark") is None
    assert status_history.record(engine, report) == []


def test_what_happened_while_the_ledger_was_away_is_written_with_its_own_time(
    engine: Engine,
) -> None:
    status_history.record(engine, reported(NOON, disk("passed", NOON)))
    down = reported(LATER, disk("failed", LATER))
    waiting = status_history.changes(
        status_history.fingerprints_of(reported(NOON, disk("passed", NOON))), down
    )
    status_history.record(engine, reported(LATEST, disk("passed", LATEST)), waiting)
    statuses = [
        (row.to_status, row.at)
        for row in status_changes.read_after(engine, 0)
        if row.process == "lake_disk"
    ]
    assert statuses == [("HEALTHY", NOON), ("FAILED", LATER), ("HEALTHY", LATEST)]


def test_a_change_that_another_process_has_saved_the_end_of_is_not_saved_again(
    engine: Engine,
) -> None:
    status_history.record(engine, reported(NOON, disk("failed", NOON)))
    status_history.record(engine, reported(LATEST, disk("passed", LATEST)))
    late = [row for row in status_changes.read_after(engine, 0) if row.to_status == "FAILED"]
    count = status_changes.latest_id(engine)
    status_history.record(engine, reported(LATEST, disk("passed", LATEST)), late)
    assert status_changes.latest_id(engine) == count


@pytest.mark.parametrize("day", [date(2026, 11, 20)])
def test_what_another_wrote_since_are_few(engine: Engine, day: date) -> None:
    evidence = tuple(Evidence(stage="parse", reason="no_sync", byte_offset=n) for n in range(100))
    many = Observation(
        process="parse", check="frames_in_sync", outcome="failed", at=NOON, evidence=evidence,
        arrival_day=day,
    )  # fmt: skip
    rows = status_history.record(engine, reported(NOON, many))
    (parse,) = [row for row in rows if row.process == "parse"]
    assert len(parse.health["evidence"]) == status_history.EVIDENCE_KEPT


def test_what_another_wrote_since_the_report_was_made_stands(engine: Engine) -> None:
    status_history.record(engine, reported(NOON, disk("passed", NOON)))
    status_history.record(engine, reported(LATEST, disk("failed", LATEST)))
    a_minute_before = LATEST - timedelta(minutes=1)
    assert status_history.record(engine, reported(a_minute_before, disk("passed", NOON))) == []
    assert status_changes.read_as_of(engine, LATEST)[0].at == LATEST


def test_a_change_after_the_clock_was_set_back_is_written_once(engine: Engine) -> None:
    status_history.record(engine, reported(LATER, disk("passed", LATER)))
    set_back = reported(NOON, disk("failed", NOON))
    assert "lake_disk" in {row.process for row in status_history.record(engine, set_back)}
    assert status_history.record(engine, set_back) == []
