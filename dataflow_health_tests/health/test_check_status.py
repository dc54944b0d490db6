"""Status of one check, from its own observations only."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from dataflow_health.health.check import Check
from dataflow_health.health.check_status import (
    CHECKS_EXPECTED_WITHIN,
    CheckResult,
    EvaluationContext,
    evaluate_check,
    evaluate_step,
    is_running,
    last_success_at,
    newest,
    valid_for,
)
from dataflow_health.health.observation import Evidence
from dataflow_health.health.status import Status
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    ago,
    asset_check,
    live_check,
    make_observation,
)

CHECK = TypeAdapter(Check)
ASSET = CHECK.validate_python(asset_check("good", describes="All good.", severity="warning"))
LIVE = CHECK.validate_python(live_check(every="PT20S", within="PT5S"))
YESTERDAY = DAY - timedelta(days=1)
SECOND = timedelta(seconds=1)
STALE_AFTER = timedelta(minutes=2)


def make_context(**given):
    return EvaluationContext(**{"now": NOON, "stale_after": STALE_AFTER, "data_at": {}, **given})


def good(outcome="passed", **given):
    return make_observation("parse", "good", outcome, **given)


def answers(outcome="passed", **given):
    return make_observation("parse", "answers", outcome, **given)


def step(outcome="passed", **given):
    return make_observation("parse", "step", outcome, **given)


def status(*observations, check=ASSET, **context):
    return evaluate_check(check, observations, make_context(**context)).status


def test_a_check_without_observations_is_unknown():
    health = evaluate_check(ASSET, (), make_context())
    assert (health.status, health.detail) == (Status.UNKNOWN, "never observed")
    assert (health.outcome, health.since, health.at, health.days) == (None, None, None, ())
    assert health.severity == "warning"


def test_the_health_of_a_check_holds_its_declaration_and_its_newest_result():
    item = Evidence(reason="no_sync")
    observation = good(
        "failed", arrival_day=DAY, detail="bad (1) = 0", link="http://x", evidence=[item],
        at=ago(minutes=1),
    )  # fmt: skip
    health = evaluate_check(ASSET, [observation], make_context())
    assert (health.name, health.kind, health.describes) == ("good", "asset_check", "All good.")
    assert (health.status, health.severity, health.outcome) == (Status.FAILED, "error", "failed")
    assert (health.detail, health.link, health.evidence) == ("bad (1) = 0", "http://x", (item,))
    assert (health.since, health.at, health.days) == (ago(minutes=1), ago(minutes=1), (DAY,))


@pytest.mark.parametrize(
    ("outcome", "severity", "expected"),
    [
        ("passed", "error", Status.HEALTHY),
        ("failed", "error", Status.FAILED),
        ("failed", "warning", Status.WARNING),
        ("errored", "error", Status.FAILED),
        ("errored", "warning", Status.WARNING),
        ("running", "error", Status.RUNNING),
        ("unknown", "error", Status.UNKNOWN),
    ],
)
def test_the_outcome_and_its_severity_give_the_status(outcome, severity, expected):
    assert status(good(outcome, severity=severity)) is expected


@pytest.mark.parametrize(
    ("winner", "loser"),
    [("failed", "errored"), ("errored", "passed"), ("passed", "running"), ("running", "unknown")],
)
def test_of_results_at_the_same_time_the_most_certain_counts(winner, loser):
    first, second = good(winner), good(loser)
    assert newest([first, second]) == newest([second, first]) == first


def test_the_newest_observation_does_not_depend_on_the_order():
    both = [good(detail="a"), good(detail="b"), good(at=ago(minutes=1), detail="z")]
    assert newest(both) == newest(both[::-1]) == good(detail="b")


def test_a_running_check_counts_until_it_is_too_old():
    passed = good(at=ago(hours=1))
    assert status(passed, good("running", at=NOON - STALE_AFTER)) is Status.RUNNING
    assert status(passed, good("running", at=NOON - STALE_AFTER - SECOND)) is Status.HEALTHY
    assert status(good("running", at=NOON - STALE_AFTER - SECOND)) is Status.UNKNOWN


def test_a_running_check_does_not_hide_a_failure():
    failed = good("failed", at=ago(minutes=1))
    assert status(failed, good("running")) is Status.FAILED
    assert status(good("errored", at=ago(minutes=1)), good("running")) is Status.FAILED
    assert status(failed, good(at=ago(seconds=9)), good("running")) is Status.RUNNING


def test_a_live_result_is_valid_for_three_intervals_and_its_time_limit():
    assert valid_for(LIVE, SECOND) == timedelta(seconds=65)
    assert valid_for(LIVE, STALE_AFTER) == STALE_AFTER
    at = NOON - timedelta(seconds=65)
    assert status(answers(at=at), check=LIVE, stale_after=SECOND) is Status.HEALTHY
    health = evaluate_check(LIVE, [answers(at=at - SECOND)], make_context(stale_after=SECOND))
    assert (health.status, health.since) == (Status.STALE, NOON - SECOND)
    assert health.detail == "older than the newest data; last result: passed"


def test_the_last_detail_of_a_stale_result_is_kept():
    old = answers(at=ago(hours=1), detail="8 ms < 2 s")
    detail = evaluate_check(LIVE, [old], make_context()).detail
    assert detail == "older than the newest data; last result: 8 ms < 2 s"


def test_a_result_is_stale_when_newer_data_arrived():
    assert status(good(arrival_day=DAY), data_at={DAY: NOON}) is Status.HEALTHY
    newer = {DAY: NOON + SECOND}
    assert status(good(arrival_day=DAY), data_at=newer) is Status.STALE
    assert status(good(arrival_day=YESTERDAY), data_at={YESTERDAY: ago(days=1)}) is Status.HEALTHY


def test_a_result_without_a_day_covers_all_days():
    assert status(good(), data_at={DAY: NOON, YESTERDAY: ago(days=1)}) is Status.HEALTHY
    assert status(good(), data_at={DAY: NOON + SECOND, YESTERDAY: NOON}) is Status.STALE


def test_days_that_were_not_checked_are_stale():
    health = evaluate_check(
        ASSET, [good(arrival_day=DAY)], make_context(data_at={DAY: NOON, YESTERDAY: ago(days=1)})
    )
    assert (health.status, health.days) == (Status.STALE, (YESTERDAY,))
    assert health.detail == "has not checked 2026-11-19"
    assert health.since == ago(days=1)


def test_days_counted_together_need_a_result_as_new_as_the_data():
    result = good(arrival_day=DAY)
    assert status(result, data_at={None: NOON}) is Status.HEALTHY
    health = evaluate_check(ASSET, [result], make_context(data_at={None: NOON + SECOND}))
    assert (health.status, health.detail) == (Status.STALE, "has not checked the newest data")


def test_a_live_check_covers_no_days():
    assert status(answers(), check=LIVE, data_at={DAY: NOON}) is Status.HEALTHY


def test_while_the_process_works_old_results_are_running():
    newer = {"data_at": {DAY: NOON + SECOND}}
    assert status(good(arrival_day=DAY), working=True, **newer) is Status.RUNNING
    assert status(working=True) is Status.RUNNING
    assert status(good("failed"), working=True) is Status.FAILED
    assert status(good(), working=True) is Status.HEALTHY


def test_after_a_run_a_newer_result_is_expected_for_some_time():
    ended = NOON - CHECKS_EXPECTED_WITHIN
    result = good(arrival_day=DAY, at=ended - SECOND)
    context = {"data_at": {DAY: ended}, "ended_at": {DAY: ended}}
    assert status(result, **context) is Status.RUNNING
    late = {"data_at": {DAY: ended}, "ended_at": {DAY: ended - SECOND}}
    assert status(result, **late) is Status.STALE


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (CheckResult(Status.STALE, None, good(at=ago(minutes=2)), DAY), True),
        (CheckResult(Status.STALE, None, good(at=ago(minutes=1)), DAY), False),
        (CheckResult(Status.STALE, None, None, DAY), True),
        (CheckResult(Status.STALE, None, None, YESTERDAY), False),
        (CheckResult(Status.STALE, None, good(at=ago(minutes=2)), None), True),
    ],
)
def test_a_newer_result_is_expected_after_a_later_run_of_the_same_day(result, expected):
    context = make_context(ended_at={DAY: ago(minutes=1), YESTERDAY: ago(days=1)})
    assert context.expects_newer(result) is expected


def test_without_a_run_no_newer_result_is_expected():
    assert not make_context().expects_newer(CheckResult(Status.STALE, None))


def test_since_reaches_back_to_the_first_result_of_the_same_outcome():
    observations = [
        good("failed", at=ago(minutes=50)),
        good("passed", at=ago(minutes=40)),
        good("failed", at=ago(minutes=30)),
        good("failed", at=ago(minutes=20)),
    ]
    assert evaluate_check(ASSET, observations, make_context()).since == ago(minutes=30)
    known = good("failed", at=ago(minutes=20), since_at=ago(hours=9))
    assert evaluate_check(ASSET, [known], make_context()).since == ago(hours=9)


def test_a_healthy_check_is_healthy_since_its_latest_recovery():
    both = [good(arrival_day=DAY), good(arrival_day=YESTERDAY, at=ago(days=1))]
    assert evaluate_check(ASSET, both, make_context()).since == NOON
    failing = [each.model_copy(update={"outcome": "failed"}) for each in both]
    assert evaluate_check(ASSET, failing, make_context()).since == ago(days=1)


def test_the_worst_day_decides_and_the_newest_of_equals_is_described():
    observations = [
        good("failed", arrival_day=YESTERDAY, detail="old"),
        good("failed", arrival_day=DAY, detail="new"),
        good(arrival_day=DAY - timedelta(days=2)),
    ]
    health = evaluate_check(ASSET, observations, make_context())
    assert (health.status, health.detail) == (Status.FAILED, "new")
    assert health.days == (DAY, YESTERDAY)


def test_a_failed_check_is_described_before_one_that_could_not_run():
    observations = [
        good("errored", arrival_day=DAY, detail="crashed"),
        good("failed", arrival_day=YESTERDAY, detail="bad"),
    ]
    health = evaluate_check(ASSET, observations, make_context())
    assert (health.detail, health.outcome) == ("bad", "failed")


def test_evidence_is_collected_from_all_failing_days_newest_first_and_once():
    one, two = Evidence(reason="one"), Evidence(reason="two")
    observations = [
        good("failed", arrival_day=YESTERDAY, at=ago(days=1), evidence=[one]),
        good("failed", arrival_day=DAY, severity="warning", evidence=[two, one]),
        good(arrival_day=DAY - timedelta(days=2), evidence=[Evidence(reason="passed")]),
    ]
    assert evaluate_check(ASSET, observations, make_context()).evidence == (two, one)


def test_the_own_run_of_a_stage_is_a_check_of_its_own_kind():
    assert evaluate_step((), make_context()) is None
    health = evaluate_step([step()], make_context())
    assert (health.name, health.kind, health.status) == ("step", "step", Status.HEALTHY)
    assert health.describes == "The stage's own run succeeded."


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ([step(at=ago(days=9))], Status.HEALTHY),
        ([step("failed")], Status.FAILED),
        ([step("failed", severity="warning")], Status.WARNING),
        ([step("errored")], Status.FAILED),
        ([step("running")], Status.RUNNING),
        ([step("running", at=NOON - STALE_AFTER - SECOND)], Status.STALE),
        ([step(at=ago(hours=1)), step("running")], Status.RUNNING),
        ([step("failed", at=ago(hours=1)), step("running")], Status.FAILED),
    ],
)
def test_the_status_of_a_run_that_died_is_stale_and_of_a_finished_one_never(observations, expected):
    assert evaluate_step(observations, make_context()).status is expected


def test_a_process_runs_while_its_newest_step_on_any_day_is_running():
    context = make_context()
    assert is_running([step("running")], context)
    assert is_running([step(arrival_day=DAY), step("running", arrival_day=YESTERDAY)], context)
    assert not is_running([step("running", at=ago(seconds=9)), step()], context)
    assert not is_running([step("running", at=NOON - STALE_AFTER - SECOND)], context)
    assert not is_running([good("running")], context)
    assert not is_running([], context)


def test_the_last_success_is_the_end_of_the_newest_run_if_it_succeeded():
    observations = [
        step(arrival_day=DAY, at=ago(hours=2)),
        step(arrival_day=DAY, at=ago(hours=1)),
        step(arrival_day=YESTERDAY, at=ago(hours=2)),
        step("failed", arrival_day=YESTERDAY, at=ago(hours=1)),
        good(at=NOON),
    ]
    assert last_success_at(observations) == {DAY: ago(hours=1)}
