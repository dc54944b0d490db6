from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.health.check import DATA_CHECK_KINDS
from dataflow_health.health.mute import Mute
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.outdated_recordings import OutdatedRecordings
from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.health.report import ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.health.waiting_work import WaitingWork
from dataflow_health.monitoring import evaluation
from dataflow_health.monitoring.evaluation import Record
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.records import declared_versions, observations
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

CATALOGUE = factories.catalogue()
FAILED = Observation(process="spark", check="spark_workers", outcome="failed", at=NOON)


def status_of(name: str, records: Sequence[Record], ledger_error: str = "") -> Status:
    report = evaluation.make_report(CATALOGUE, records, NOON, ledger_error)
    process = report.find(name)
    assert process is not None
    return process.status


def test_the_newest_result_of_a_check_counts() -> None:
    passed = FAILED.model_copy(update={"outcome": "passed", "at": NOON - timedelta(seconds=1)})
    assert status_of("spark", [passed, FAILED]) is Status.FAILED
    assert status_of("spark", [FAILED, passed]) is Status.FAILED


def test_after_the_clock_was_set_back_results_hold_until_the_next_one() -> None:
    later = FAILED.model_copy(update={"at": NOON + timedelta(hours=1), "since_at": NOON})
    assert status_of("spark", [later]) is Status.FAILED
    parse = later.model_copy(update={"process": "parse", "check": "step"})
    counts = StageCounts(process="parse", at=NOON, data_at=NOON + timedelta(hours=1))
    report = evaluation.make_report(CATALOGUE, [parse, counts], NOON).find("parse")
    assert report is not None
    assert report.status is Status.FAILED


def test_a_ledger_error_fails_the_checks_of_its_database_only() -> None:
    assert status_of("results_database", [], "connection refused") is Status.FAILED
    assert status_of("spark", [], "connection refused") is Status.UNKNOWN
    assert status_of("results_database", []) is Status.UNKNOWN


def test_a_mute_is_shown_and_changes_no_status() -> None:
    mute = Mute(
        process="spark", cause="spark_workers", until_at=NOON + timedelta(hours=1),
        ticket="https://tickets/1", muted_by="anna",
    )  # fmt: skip
    report = evaluation.make_report(CATALOGUE, [FAILED, mute], NOON)
    spark = report.find("spark")
    assert spark is not None
    assert spark.status is Status.FAILED
    assert "muted by anna" in spark.reason


def test_records_are_read_back_as_they_were_saved(engine: Engine) -> None:
    observations.save(engine, [FAILED])
    record, owed, outdated, waiting = evaluation.read_records(engine, NOON)
    assert isinstance(record, Observation)
    assert (record.process, record.outcome) == ("spark", "failed")
    assert (owed, outdated, waiting) == (OwedAnswers(), OutdatedRecordings(), WaitingWork())


def test_every_check_but_those_of_runs_is_live() -> None:
    live = {(name, check.kind) for name, check in evaluation.live_checks(CATALOGUE.processes)}
    assert ("spark", "spark_workers") in live
    assert not [kind for _, kind in live if kind in DATA_CHECK_KINDS]


def test_a_debt_is_amber_at_once_red_after_its_time_and_green_when_its_algorithm_goes(
    engine: Engine,
) -> None:
    ids = recordings(engine, 2)
    for stage in ("parse", "compress", "store", "ingest"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])
    analyse(engine, ids, {"peak": "1"})
    declare(engine, {"peak": "1", "rotor_speed_low": "1"})

    def health(after: timedelta) -> ProcessHealth:
        records = evaluation.read_records(engine, NOON + after)
        found = evaluation.make_report(CATALOGUE, records, NOON + after).find("analyse")
        assert found is not None
        return found

    amber, red = health(timedelta(minutes=1)), health(timedelta(days=1))
    assert (amber.status, red.status) == (Status.WARNING, Status.FAILED)
    assert "owed: 2 answers of rotor_speed_low" in amber.reason
    assert [each.part for each in amber.evidence] == ["rotor_speed_low"] * 2
    assert [each.recording_id for each in amber.evidence] == ids
    declare(engine, {"peak": "1"})
    check = next(
        each for each in health(timedelta(days=1)).checks if each.name == "answers_complete"
    )
    assert check.status is Status.HEALTHY


def test_recordings_of_an_older_version_are_amber_then_red_until_they_are_processed_again(
    engine: Engine,
) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    declared_versions.replace(engine, {("parse", "generic_rdf", ""): "2"}, NOON)

    def causes(after: timedelta) -> list[tuple[str, str, str, int]]:
        records = evaluation.read_records(engine, NOON + after)
        report = evaluation.make_report(CATALOGUE, records, NOON + after)
        return [
            (each.process, each.check, each.severity, each.failures)
            for each in find_problems(report)
            if each.check == "versions_current"
        ]

    assert causes(timedelta(minutes=1)) == [("parse", "versions_current", "warning", 2)]
    assert causes(timedelta(days=1)) == [("parse", "versions_current", "error", 2)]
    ledger.finish(engine, "parse", DAY, "run", [result(each, version="2") for each in ids])
    assert causes(timedelta(days=1)) == []


def test_a_debt_that_fails_blocks_no_other_process() -> None:
    owed = OwedAnswers((OwedDay("low", "1", NOON.date(), 2, NOON - timedelta(days=2)),))
    report = evaluation.make_report(CATALOGUE, [owed], NOON)
    assert [each.name for each in report.causes] == ["analyse"]
    assert not [each.name for each in report.processes if each.status is Status.BLOCKED]
    [problem] = find_problems(report)
    assert (problem.check, problem.cause, problem.severity) == ("answers_complete", "owed", "error")
    assert problem.failures == 2


def test_a_day_without_progress_is_red_where_it_waits_until_it_moves(engine: Engine) -> None:
    ids = recordings(engine, 2)

    def causes(after: timedelta) -> list[tuple[str, str, str]]:
        records = evaluation.read_records(engine, NOON + after)
        report = evaluation.make_report(CATALOGUE, records, NOON + after)
        return [(each.process, each.check, each.severity) for each in find_problems(report)]

    assert causes(timedelta(minutes=30)) == []
    assert causes(timedelta(minutes=31)) == [("parse", "work_moves", "error")]
    ledger.begin(engine, "parse", ids, "run", NOON + timedelta(minutes=40))
    assert causes(timedelta(minutes=41)) == []
    assert causes(timedelta(minutes=80)) == [("parse", "work_moves", "error")]


def test_a_day_whose_run_failed_is_red_for_that_alone(engine: Engine) -> None:
    recordings(engine, 2)
    failed = Observation(
        process="parse", check="step", outcome="failed", at=NOON, arrival_day=NOON.date()
    )
    observations.save(engine, [failed])
    later = NOON + timedelta(hours=2)
    report = evaluation.make_report(CATALOGUE, evaluation.read_records(engine, later), later)
    assert [each.check for each in find_problems(report)] == ["step"]
