"""Problems of a health report: one per root cause."""

from datetime import timedelta

from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import BlockedProcess, Problem, QuarantineCount, fingerprint
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    ago,
    all_passed,
    asset_check,
    chain,
    live_check,
    make_counts,
    make_observation,
    make_process,
)


def problems(*observations, counts=(), pipeline=None):
    return find_problems(evaluate(pipeline or chain(), observations, NOON), counts)


def refused(number, reason="no_sync", tail="HB-ZAA"):
    return tuple(
        Evidence(stage="first", reason=reason, tail=tail, recording_id=f"{reason}{n}")
        for n in range(number)
    )


def failed(*evidence, process="first", **given):
    return make_observation(process, "good", "failed", arrival_day=DAY, evidence=evidence, **given)


def test_a_healthy_report_has_no_problem():
    assert problems(*all_passed()) == ()


def test_a_problem_holds_what_a_message_needs():
    check = asset_check("good", describes="All is good.")
    process = make_process(checks=[check], owner="team:x", runbook="docs/x.md")
    evidence = refused(2, tail="HB-ZAB")
    result = failed(*evidence, detail="bad (2) = 0", link="http://x", at=ago(minutes=5))
    (found,) = problems(result, pipeline=Pipeline.of({"first": process}))
    assert found == Problem(
        process="first",
        check="good",
        kind="asset_check",
        cause="no_sync",
        severity="error",
        failures=2,
        tails=("HB-ZAB",),
        days=(DAY,),
        examples=evidence,
        detail="bad (2) = 0",
        describes="All is good.",
        owner="team:x",
        runbook="docs/x.md",
        link="http://x",
        since=ago(minutes=5),
    )


def test_a_check_with_two_reason_codes_is_two_problems():
    evidence = (*refused(3), *refused(2, "wrong_frame_rate"))
    both = "quarantined (5: no_sync, wrong_frame_rate) must be 0"
    found = problems(*all_passed(first=failed(*evidence, detail=both)))
    assert {(p.cause, p.failures) for p in found} == {("no_sync", 3), ("wrong_frame_rate", 2)}
    assert len({p.fingerprint for p in found}) == 2
    assert {p.detail for p in found} == {
        "failures (3: no_sync) must be 0", "failures (2: wrong_frame_rate) must be 0",
    }  # fmt: skip


def test_a_check_without_reason_codes_is_one_problem_with_its_outcome_as_cause():
    for outcome in ("failed", "errored"):
        result = make_observation("first", "good", outcome, evidence=[Evidence(tail="HB-ZAA")])
        (with_evidence,) = problems(*all_passed(first=result))
        (without,) = problems(*all_passed(first=make_observation("first", "good", outcome)))
        assert with_evidence.cause == without.cause == outcome
        assert (with_evidence.failures, without.failures) == (1, 1)


def test_more_failures_of_a_cause_keep_its_fingerprint():
    (one,) = problems(*all_passed(first=failed(*refused(1))))
    (many,) = problems(*all_passed(first=failed(*refused(9, tail="HB-ZAB"))))
    assert one.fingerprint == many.fingerprint == fingerprint("first", "good", "no_sync")
    assert len(many.examples) == 5


def test_evidence_of_several_failures_counts_all_of_them():
    evidence = [Evidence(reason="no_sync", count=4), Evidence(reason="no_sync", tail="HB-ZAA")]
    (found,) = problems(*all_passed(first=failed(*evidence)))
    assert (found.failures, found.tails) == (5, ("HB-ZAA",))


def test_quarantine_counts_are_exact_where_evidence_holds_examples():
    yesterday = DAY - timedelta(days=1)
    count = QuarantineCount(
        process="first",
        reason="no_sync",
        failures=600,
        tails=("HB-ZAA", "HB-ZAZ"),
        days=(yesterday,),
    )
    (found,) = problems(*all_passed(first=failed(*refused(1, tail="HB-ZAC"))), counts=[count])
    assert found.failures == 600
    assert found.tails == ("HB-ZAA", "HB-ZAC", "HB-ZAZ")
    assert found.days == (yesterday,)


def test_a_quarantine_count_of_another_stage_changes_nothing():
    count = QuarantineCount(process="second", reason="no_sync", failures=600)
    (found,) = problems(*all_passed(first=failed(*refused(1))), counts=[count])
    assert (found.process, found.failures) == ("first", 1)


def test_a_blocked_process_is_listed_with_its_cause_and_has_no_problem_of_its_own():
    down = make_observation("service", "answers", "failed", detail="refused")
    waiting = make_counts("second", incoming=4, in_flight=4)
    (found,) = problems(*all_passed(service=down), waiting)
    assert (found.process, found.cause) == ("service", "failed")
    assert found.blocked == (
        BlockedProcess(process="second", recordings=4),
        BlockedProcess(process="third", recordings=4),
    )


def test_a_failed_run_blocks_and_bad_data_of_the_same_stage_does_not():
    run = make_observation("first", "step", "failed")
    bad = failed(*refused(1))
    found = {p.check: p.blocked for p in problems(*all_passed(first=bad), run)}
    assert found["good"] == ()
    assert [each.process for each in found["step"]] == ["second", "third"]


def test_an_item_that_a_check_reports_is_not_reported_again_by_the_quarantine_count():
    counted = make_counts("first", incoming=3, quarantined=3, data_at=ago(hours=1))
    count = QuarantineCount(process="first", reason="no_sync", failures=3)
    found = problems(*all_passed(first=failed(*refused(3))), counted, counts=[count])
    assert [(p.check, p.cause) for p in found] == [("good", "no_sync")]


def test_items_that_no_check_reports_are_reported_by_the_ledger():
    counted = make_counts("first", incoming=3, done=1, quarantined=1, data_at=ago(hours=1))
    count = QuarantineCount(process="first", reason="odd", failures=1)
    found = problems(*all_passed(), counted, counts=[count])
    assert {(p.check, p.cause) for p in found} == {("ledger", "odd"), ("ledger", "unaccounted")}


def test_unaccounted_items_are_left_to_the_conservation_check_when_it_fails():
    process = make_process(checks=[asset_check("conservation")])
    counted = make_counts("first", incoming=3, done=1, data_at=ago(hours=1))
    result = make_observation("first", "conservation", "failed", arrival_day=DAY)
    found = problems(result, counted, pipeline=Pipeline.of({"first": process}))
    assert [(p.check, p.cause) for p in found] == [("conservation", "failed")]


def test_the_severity_of_the_check_is_kept():
    (found,) = problems(*all_passed(first=failed(*refused(1), severity="warning")))
    assert found.severity == "warning"


def of_live_checks(*results, checks=("download", "extract", "parse")):
    process = make_process(external=True, checks=[live_check(name) for name in checks])
    observed = [make_observation("canary", name, "failed", detail=text) for name, text in results]
    return problems(*observed, pipeline=Pipeline.of({"canary": process}))


def test_checks_of_one_kind_that_fail_with_the_same_words_are_one_problem():
    hung = "no answer within 5 s"
    (found,) = of_live_checks(("extract", hung), ("download", hung), ("parse", hung))
    assert found.check == "download"
    assert found.detail == f"{hung} (3: download, extract, parse)"


def test_checks_of_one_kind_that_fail_with_other_words_are_problems_of_their_own():
    found = of_live_checks(("download", "no answer within 5 s"), ("parse", "result (a) = b"))
    assert [each.check for each in found] == ["download", "parse"]
