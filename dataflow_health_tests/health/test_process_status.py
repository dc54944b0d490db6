"""Status of one process considered alone."""

from datetime import timedelta

import pytest

from dataflow_health.health.evaluate import STALE_AFTER
from dataflow_health.health.observation import Counts, Evidence
from dataflow_health.health.process_status import evaluate_process, merge_evidence
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.status import Status
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    ago,
    asset_check,
    live_check,
    make_counts,
    make_observation,
    make_process,
)

PROCESS = make_process(checks=[asset_check("good"), live_check(optional=True)])
YESTERDAY = DAY - timedelta(days=1)


def observe(check, outcome="passed", **given):
    return make_observation("parse", check, outcome, **given)


def count(**given):
    return make_counts("parse", **given)


def status_of(*observed, process=PROCESS, parts=()):
    return evaluate_process(process, parts, observed, NOON, STALE_AFTER)


def check_of(status, name):
    return next(each for each in status.checks if each.name == name)


PASSED = (observe("good"), observe("answers"))


def test_checks_are_the_declared_ones_then_counts_and_run():
    status = status_of(*PASSED, observe("step"), count(incoming=1, done=1))
    assert [each.name for each in status.checks] == ["good", "answers", "ledger", "step"]
    assert status.status is Status.HEALTHY
    assert [each.name for each in status_of(*PASSED).checks] == ["good", "answers"]
    assert status_of(*PASSED).counts is None


@pytest.mark.parametrize(
    ("check", "outcome", "is_down", "blocks"),
    [
        ("good", "failed", False, False),
        ("good", "errored", False, False),
        ("answers", "failed", True, True),
        ("step", "failed", False, True),
        ("step", "passed", False, False),
    ],
)
def test_failed_work_blocks_and_a_failed_live_check_is_down(check, outcome, is_down, blocks):
    status = status_of(*PASSED[1:], observe("good"), observe(check, outcome, at=NOON))
    assert (status.is_down, status.blocks_downstream) == (is_down, blocks)


def test_a_warning_neither_is_down_nor_blocks():
    status = status_of(observe("good"), observe("answers", "failed", severity="warning"))
    assert (status.status, status.is_down, status.blocks_downstream) == (
        Status.WARNING, False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("check", "outcome", "expected"),
    [
        ("good", "failed", Status.FAILED),
        ("good", "errored", Status.BLOCKED),
        ("answers", "failed", Status.BLOCKED),
        ("step", "failed", Status.BLOCKED),
        ("step", "passed", Status.HEALTHY),
    ],
)
def test_failed_work_but_not_bad_data_can_be_attributed_to_another_process(
    check, outcome, expected
):
    status = status_of(observe(check, outcome)).with_work_blocked()
    assert check_of(status, check).status is expected


def test_quarantine_and_unbalanced_counts_fail_the_ledger_check():
    status = status_of(
        *PASSED,
        count(incoming=5, done=2, quarantined=1),
        count(incoming=2, done=2, arrival_day=YESTERDAY, at=ago(minutes=1)),
    )
    ledger = check_of(status, "ledger")
    assert ledger.status is Status.FAILED
    assert ledger.detail == "1 in quarantine, 2 of 7 unaccounted for"
    assert (ledger.outcome, ledger.days, ledger.at) == ("failed", (DAY,), NOON)
    assert status.counts == Counts(incoming=7, done=4, quarantined=1)


def test_balanced_counts_pass_the_ledger_check():
    ledger = check_of(status_of(*PASSED, count(incoming=3, done=2, written_off=1)), "ledger")
    assert (ledger.status, ledger.outcome) == (Status.HEALTHY, "passed")
    assert (ledger.detail, ledger.since, ledger.days) == ("2 of 3 done", None, ())


def test_counts_with_running_items_make_the_process_run():
    status = status_of(*PASSED, count(incoming=3, done=1, in_flight=2, running=1))
    ledger = check_of(status, "ledger")
    assert (ledger.status, ledger.outcome) == (Status.RUNNING, "running")
    assert status.status is Status.RUNNING


def test_waiting_items_do_not_make_the_process_run():
    assert status_of(*PASSED, count(incoming=3, done=1, in_flight=2)).status is Status.HEALTHY


def test_a_ledger_failure_starts_with_its_first_evidence_or_the_data():
    items = [Evidence(first_seen_at=ago(hours=n)) for n in (1, 3)]
    with_evidence = count(incoming=2, quarantined=2, evidence=items, data_at=ago(hours=9))
    assert check_of(status_of(with_evidence), "ledger").since == ago(hours=3)
    with_data = count(incoming=1, quarantined=1, data_at=ago(hours=9))
    assert check_of(status_of(with_data), "ledger").since == ago(hours=9)
    assert check_of(status_of(count(incoming=1, quarantined=1)), "ledger").since == NOON


def test_evidence_and_days_of_the_ledger_check_are_newest_first():
    days = [
        count(arrival_day=day, incoming=1, quarantined=1, evidence=[Evidence(tail=tail)])
        for day, tail in ((YESTERDAY, "old"), (DAY, "new"))
    ]
    ledger = check_of(status_of(*days), "ledger")
    assert ledger.days == (DAY, YESTERDAY)
    assert [item.tail for item in ledger.evidence] == ["new", "old"]


def test_only_the_newest_counts_of_a_day_are_used():
    old = count(incoming=9, quarantined=9, at=ago(minutes=1))
    assert status_of(count(incoming=1, done=1), old).counts == Counts(incoming=1, done=1)


def test_an_optional_check_without_a_target_does_not_affect_the_status():
    unset = observe("answers", "unknown")
    status = status_of(observe("good"), unset)
    assert (status.status, status.not_configured) == (Status.HEALTHY, {"answers"})
    required = make_process(checks=[asset_check("good"), live_check()])
    assert status_of(observe("good"), unset, process=required).status is Status.UNKNOWN


@pytest.mark.parametrize(("age", "configured"), [(STALE_AFTER, False), (None, True)])
def test_an_old_or_missing_result_does_not_say_that_a_target_is_not_configured(age, configured):
    if age is None:
        observations = [observe("answers", "unknown", at=NOON - STALE_AFTER - timedelta(seconds=1))]
    else:
        observations = [observe("answers", "unknown", at=NOON - age)]
    assert (status_of(*observations).not_configured == frozenset()) is configured
    assert status_of().not_configured == frozenset()


def test_an_optional_asset_check_is_never_unconfigured():
    process = make_process(checks=[asset_check("good", optional=True)])
    assert status_of(observe("good", "unknown"), process=process).not_configured == frozenset()


def test_a_failing_optional_check_counts():
    assert status_of(observe("good"), observe("answers", "failed")).status is Status.FAILED


def test_parts_have_the_status_of_the_checks_that_observed_them():
    status = status_of(
        observe("good", "failed", part="a", detail="9 <= 2", at=ago(minutes=3)),
        observe("good", part="b"),
        observe("answers"),
        parts=["a", "b"],
    )
    assert [(p.name, p.status, p.detail, p.since) for p in status.parts] == [
        ("a", Status.FAILED, "good: 9 <= 2", ago(minutes=3)),
        ("b", Status.HEALTHY, "", NOON),
    ]


def test_a_part_that_was_only_observed_is_listed_too():
    status = status_of(observe("good", part="z"), parts=["b"])
    assert [part.name for part in status.parts] == ["b", "z"]


def test_a_part_without_observations_fails_where_evidence_names_it():
    item = Evidence(part="a", found="division by zero", reason="algorithm_failed")
    observed = observe("good", "failed", evidence=[item], at=ago(minutes=1))
    parts = {each.name: each for each in status_of(observed, parts=["a", "b"]).parts}
    assert (parts["a"].status, parts["a"].detail) == (Status.FAILED, "good: division by zero")
    assert parts["a"].since == ago(minutes=1)
    assert (parts["b"].status, parts["b"].detail) == (Status.UNKNOWN, "")


def test_a_part_is_described_by_the_reason_when_nothing_else_was_found():
    observed = observe("good", "failed", evidence=[Evidence(part="a", reason="not_answered")])
    (part,) = status_of(observed, parts=["a"]).parts
    assert part.detail == "good: not_answered"


def test_a_part_without_evidence_is_as_recent_as_the_asset_checks():
    (part,) = status_of(observe("good"), observe("answers", "failed"), parts=["a"]).parts
    assert part.status is Status.HEALTHY
    newer = count(data_at=NOON + timedelta(seconds=1), incoming=1, done=1)
    (part,) = status_of(observe("good"), newer, parts=["a"]).parts
    assert part.status is Status.STALE


def make_health(status, *evidence):
    return CheckHealth(name="x", kind="asset_check", status=status, evidence=evidence)


def test_evidence_of_failed_checks_comes_first_and_each_location_once():
    one, two = Evidence(reason="a", archive="1.zip"), Evidence(reason="b", archive="1.zip")
    again = Evidence(reason="a", archive="1.zip", found="again")
    warning, failed = make_health(Status.WARNING, one), make_health(Status.FAILED, two, again)
    assert merge_evidence([warning, failed]) == (two, again)


@pytest.mark.parametrize(
    "different",
    [{"reason": "b"}, {"archive": "2.zip"}, {"member": "m"}, {"recording_id": "r"},
     {"byte_offset": 1}],
)  # fmt: skip
def test_evidence_of_different_locations_is_kept(different):
    both = Evidence(reason="a"), Evidence.model_validate({"reason": "a"} | different)
    assert merge_evidence([make_health(Status.FAILED, *both)]) == both


def test_evidence_without_a_location_is_identified_by_its_content():
    one, two = Evidence(tail="HB-A"), Evidence(tail="HB-B")
    assert merge_evidence([make_health(Status.FAILED, one, two, one)]) == (one, two)


def test_a_part_names_every_check_that_fails_and_starts_with_the_first_of_them():
    failed = (
        observe("good", "failed", part="a", detail="9 <= 2", at=ago(minutes=3)),
        observe("answers", "failed", part="a", detail="timed out", at=ago(minutes=5)),
    )
    process = PROCESS.model_copy(
        update={"checks": tuple(c.model_copy(update={"optional": False}) for c in PROCESS.checks)}
    )
    (part,) = status_of(*failed, process=process).parts
    assert part.detail == "good: 9 <= 2; answers: timed out"
    assert part.since == ago(minutes=5)


def test_the_ledger_check_describes_itself_in_a_sentence():
    ledger = check_of(status_of(*PASSED, count(incoming=1, done=1)), "ledger")
    assert ledger.describes.startswith("Everything that came in is accounted for")


def test_counts_without_an_arrival_day_are_older_than_those_of_any_day():
    counts = [
        count(arrival_day=day, incoming=1, quarantined=1, evidence=[Evidence(tail=tail)])
        for day, tail in ((None, "undated"), (DAY, "dated"))
    ]
    ledger = check_of(status_of(*counts), "ledger")
    assert [item.tail for item in ledger.evidence] == ["dated", "undated"]
    assert ledger.days == (DAY,)
