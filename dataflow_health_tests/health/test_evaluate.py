"""Root causes and blocked processes in the health report."""

from datetime import timedelta

import pytest

from dataflow_health.health.check_status import CHECKS_EXPECTED_WITHIN
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Evidence
from dataflow_health.health.status import Status
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


def statuses(observations: list, now=NOON) -> dict[str, str]:
    return {p.name: p.status.value for p in evaluate(chain(), observations, now).processes}


def test_the_report_is_healthy_when_every_check_passed() -> None:
    report = evaluate(chain(), all_passed(), NOON)
    assert report.status is Status.HEALTHY
    assert report.find("first").reason == "1 check passed"
    assert report.causes == ()


def test_a_process_never_observed_is_unknown() -> None:
    report = evaluate(chain(), [], NOON)
    assert {p.status for p in report.processes} == {Status.UNKNOWN}
    assert report.find("first").reason == "good: never observed"
    assert report.find("first").since is None


def test_bad_data_fails_its_stage_and_blocks_no_process() -> None:
    bad = make_observation("first", "good", "failed", detail="frames_in_sync_pct (98.5) >= 99")
    assert statuses(all_passed(first=bad)) == {
        "service": "HEALTHY", "first": "FAILED", "second": "HEALTHY", "third": "HEALTHY",
    }  # fmt: skip
    reason = evaluate(chain(), all_passed(first=bad), NOON).find("first").reason
    assert reason == "good: frames_in_sync_pct (98.5) >= 99"


def test_a_failed_run_blocks_all_processes_after_it() -> None:
    step = make_observation("first", "step", "failed", detail="no space left", at=ago(minutes=5))
    report = evaluate(chain(), [*all_passed(), step], NOON)
    assert [p.status.value for p in report.processes] == ["HEALTHY", "FAILED", "BLOCKED", "BLOCKED"]
    third = report.find("third")
    assert third.blocked_by == ("first",)
    assert third.since == ago(minutes=5)
    assert third.reason == "waits for first; 0 recordings held up"


def test_a_service_that_is_down_is_the_cause_and_not_the_stage_that_needs_it() -> None:
    down = make_observation("service", "answers", "failed", detail="connection refused")
    step = make_observation("second", "step", "failed", detail="service does not answer")
    counts = [
        make_counts("first", incoming=9, done=9),
        make_counts("second", incoming=9, done=4, in_flight=5),
        make_counts("third", incoming=4, done=3, in_flight=1),
    ]
    report = evaluate(chain(), [*all_passed(service=down), step, *counts], NOON)
    assert [p.status.value for p in report.processes] == ["FAILED", "HEALTHY", "BLOCKED", "BLOCKED"]
    assert report.find("second").blocked_by == ("service",)
    assert report.find("second").blocked_recordings == 5
    assert report.find("third").blocked_recordings == 6
    assert report.find("third").reason == "waits for service; 6 recordings held up"
    assert report.causes == (report.find("service"),)


def test_checks_that_could_not_run_are_attributed_to_the_service() -> None:
    down = make_observation("service", "answers", "failed")
    undone = make_observation("second", "good", "errored", detail="its run failed first")
    report = evaluate(chain(), all_passed(service=down, second=undone), NOON)
    assert report.find("second").status is Status.BLOCKED
    assert report.find("second").checks[0].status is Status.BLOCKED


def test_bad_data_fails_its_stage_while_a_service_is_down() -> None:
    down = make_observation("service", "answers", "failed")
    bad = make_observation("second", "good", "failed")
    report = evaluate(chain(), all_passed(service=down, second=bad), NOON)
    assert report.find("second").status is Status.FAILED
    assert report.find("second").blocked_by == ("service",)
    assert report.find("third").blocked_by == ("service",)


def test_a_failed_run_is_not_attributed_to_a_failed_stage_before_it() -> None:
    steps = [make_observation(name, "step", "failed") for name in ("first", "third")]
    report = evaluate(chain(), [*all_passed(), *steps], NOON)
    assert [p.status.value for p in report.processes] == ["HEALTHY", "FAILED", "BLOCKED", "FAILED"]
    assert report.find("third").blocked_by == ("first",)


def test_the_first_of_services_that_depend_on_each_other_is_the_cause() -> None:
    pipeline = Pipeline.of(
        {
            "host": make_process(external=True, checks=[live_check()]),
            "database": make_process(external=True, after=["host"], checks=[live_check()]),
            "load": make_process(after=["database"]),
        }
    )
    seen = [make_observation(name, "answers", "failed") for name in ("host", "database")]
    report = evaluate(pipeline, [*seen, make_observation("load", "step", "failed")], NOON)
    assert [p.status.value for p in report.processes] == ["FAILED", "BLOCKED", "BLOCKED"]
    assert report.find("load").blocked_by == ("host",)


def test_two_causes_are_both_named() -> None:
    down = make_observation("service", "answers", "failed", at=ago(minutes=1))
    step = make_observation("first", "step", "failed", at=ago(minutes=9))
    report = evaluate(chain(), [*all_passed(service=down), step], NOON)
    assert report.find("third").blocked_by == ("service", "first")
    assert report.find("third").since == ago(minutes=9)


def test_a_warning_blocks_no_process() -> None:
    warned = make_observation("service", "answers", "failed", severity="warning")
    assert statuses(all_passed(service=warned)) == {
        "service": "WARNING", "first": "HEALTHY", "second": "HEALTHY", "third": "HEALTHY",
    }  # fmt: skip


def test_a_recording_in_quarantine_fails_its_stage_only() -> None:
    item = Evidence(archive="a.zip", byte_offset=96, first_seen_at=ago(hours=3))
    held = make_counts("first", incoming=3, done=2, quarantined=1, evidence=[item])
    report = evaluate(chain(), [*all_passed(), held], NOON)
    first = report.find("first")
    assert [p.status.value for p in report.processes] == ["HEALTHY", "FAILED", "HEALTHY", "HEALTHY"]
    assert first.reason == "ledger: 1 in quarantine"
    assert first.since == ago(hours=3)
    assert first.evidence == (item,)
    assert first.counts.quarantined == 1


def test_counts_that_do_not_balance_fail_their_stage() -> None:
    lost = make_counts("first", incoming=3, done=2)
    first = evaluate(chain(), [*all_passed(), lost], NOON).find("first")
    assert first.status is Status.FAILED
    assert first.reason == "ledger: 1 of 3 unaccounted for"


def test_a_missing_and_a_doubled_item_on_two_days_do_not_cancel_out() -> None:
    lost = make_counts("first", incoming=3, done=2)
    doubled = make_counts("first", incoming=3, done=4, arrival_day=DAY - timedelta(days=1))
    assert statuses([*all_passed(), lost, doubled])["first"] == "FAILED"


def test_only_the_newest_counts_of_a_day_are_used() -> None:
    before = make_counts("first", incoming=3, quarantined=3, at=ago(minutes=1))
    after = make_counts("first", incoming=3, done=3)
    assert statuses([*all_passed(), after, before])["first"] == "HEALTHY"


def test_a_check_older_than_the_newest_data_is_stale() -> None:
    newer = make_counts("first", incoming=1, done=1, data_at=ago(minutes=1))
    checked = make_observation("first", "good", at=ago(minutes=2))
    first = evaluate(chain(), [*all_passed(first=checked), newer], NOON).find("first")
    assert first.status is Status.STALE
    assert first.since == ago(minutes=1)
    assert first.reason == "good: older than the newest data; last result: passed"


def test_a_check_that_covers_the_newest_data_is_not_stale() -> None:
    newer = make_counts("first", incoming=1, done=1, data_at=ago(minutes=1))
    checked = make_observation("first", "good", at=ago(seconds=1), arrival_day=DAY)
    assert statuses([*all_passed(first=checked), newer])["first"] == "HEALTHY"


def test_a_newer_check_that_covers_only_older_data_is_stale() -> None:
    newer = make_counts("first", incoming=1, done=1, data_at=ago(minutes=1))
    checked = make_observation("first", "good", data_through_at=ago(minutes=2))
    assert statuses([*all_passed(first=checked), newer])["first"] == "STALE"


def test_a_day_with_unchecked_data_is_stale() -> None:
    yesterday = DAY - timedelta(days=1)
    checked = make_observation("first", "good", arrival_day=yesterday)
    counts = [
        make_counts("first", incoming=1, done=1, data_at=ago(minutes=1)),
        make_counts("first", incoming=1, done=1, data_at=ago(days=1), arrival_day=yesterday),
    ]
    first = evaluate(chain(), [*all_passed(first=checked), *counts], NOON).find("first")
    assert first.status is Status.STALE
    assert first.reason == "good: has not checked 2026-11-20"
    assert first.checks[0].days == (DAY,)


def test_days_counted_together_make_a_check_of_one_day_stale_as_well() -> None:
    checked = make_observation("first", "good", arrival_day=DAY, at=ago(minutes=2))
    counted = make_counts("first", arrival_day=None, data_at=ago(minutes=1))
    assert statuses([*all_passed(first=checked), counted])["first"] == "STALE"


def test_a_live_result_goes_stale_with_time() -> None:
    old = make_observation("service", "answers", at=ago(minutes=3))
    service = evaluate(chain(), all_passed(service=old), NOON).find("service")
    assert service.status is Status.STALE
    assert service.since == ago(minutes=1)
    patient = evaluate(
        chain(), all_passed(service=old), NOON, stale_after=timedelta(minutes=5)
    ).find("service")
    assert patient.status is Status.HEALTHY


def test_a_stage_without_new_data_never_goes_stale() -> None:
    old = make_observation("first", "good", at=ago(days=30))
    assert statuses(all_passed(first=old))["first"] == "HEALTHY"


def test_a_working_stage_with_old_checks_is_running() -> None:
    newer = make_counts("first", incoming=2, done=1, in_flight=1, running=1, data_at=ago(minutes=1))
    checked = make_observation("first", "good", at=ago(minutes=2))
    first = evaluate(chain(), [*all_passed(first=checked), newer], NOON).find("first")
    assert first.status is Status.RUNNING
    assert first.reason == "1 in flight"


def test_a_new_run_hides_no_failure_until_it_succeeds() -> None:
    failed = make_observation("first", "step", "failed", at=ago(minutes=2))
    again = make_observation("first", "step", "running")
    well = make_observation("first", "step", "passed")
    assert statuses([*all_passed(), failed, again])["first"] == "FAILED"
    assert statuses([*all_passed(), again])["first"] == "RUNNING"
    assert statuses([*all_passed(), failed, well])["first"] == "HEALTHY"


def test_a_run_without_recent_news_is_stale_and_not_running() -> None:
    lost = make_observation("first", "step", "running", at=ago(hours=1))
    assert statuses([*all_passed(), lost])["first"] == "STALE"


def test_a_check_without_a_target_is_unknown() -> None:
    unset = make_observation("service", "answers", "unknown", detail="ADDRESS is not set")
    service = evaluate(chain(), all_passed(service=unset), NOON).find("service")
    assert service.status is Status.UNKNOWN
    assert service.reason == "answers: ADDRESS is not set"


def test_a_report_of_the_past_ignores_later_observations() -> None:
    bad = make_observation("first", "good", "failed", at=ago(minutes=1))
    well = make_observation("first", "good", at=ago(minutes=30))
    seen = [well, bad]
    past = evaluate(chain(), seen, ago(minutes=10)).find("first")
    assert past.status is Status.HEALTHY
    assert evaluate(chain(), seen, NOON).find("first").status is Status.FAILED


def test_since_is_the_first_observation_of_an_unbroken_run() -> None:
    seen = [
        make_observation("first", "good", "failed", at=ago(minutes=50)),
        make_observation("first", "good", "passed", at=ago(minutes=40)),
        make_observation("first", "good", "failed", at=ago(minutes=30)),
        make_observation("first", "good", "failed", at=ago(minutes=20)),
    ]
    assert evaluate(chain(), seen, NOON).find("first").since == ago(minutes=30)
    since = make_observation("first", "good", "failed", since_at=ago(hours=9))
    assert evaluate(chain(), [since], NOON).find("first").since == ago(hours=9)


def test_observations_of_a_removed_check_or_process_are_ignored() -> None:
    strays = [
        make_observation("first", "gone", "failed"),
        make_observation("unknown_process", "good", "failed"),
    ]
    assert set(statuses([*all_passed(), *strays]).values()) == {"HEALTHY"}


def test_one_bad_day_among_good_ones_fails_and_is_named() -> None:
    yesterday = DAY - timedelta(days=1)
    seen = [
        make_observation("first", "good", arrival_day=DAY),
        make_observation("first", "good", "failed", arrival_day=yesterday, detail="bad"),
    ]
    first = evaluate(chain(), seen, NOON).find("first")
    assert first.status is Status.FAILED
    assert first.checks[0].days == (yesterday,)


def test_each_algorithm_has_its_own_status_inside_its_process() -> None:
    pipeline = Pipeline.of(
        {"analyse": make_process(checks=[asset_check("rate")])}, {"analyse": ["a", "b", "c"]}
    )
    seen = [
        make_observation("analyse", "rate", part="a"),
        make_observation("analyse", "rate", "failed", part="b", detail="9 per hour <= 2"),
    ]
    analyse = evaluate(pipeline, seen, NOON).find("analyse")
    assert [(p.name, p.status.value) for p in analyse.parts] == [
        ("a", "HEALTHY"), ("b", "FAILED"), ("c", "UNKNOWN"),
    ]  # fmt: skip
    assert analyse.parts[1].detail == "rate: 9 per hour <= 2"
    assert analyse.status is Status.FAILED


def test_an_algorithm_named_in_evidence_fails_and_the_others_follow_the_checks() -> None:
    checks = [asset_check("answered"), asset_check("rate")]
    pipeline = Pipeline.of({"analyse": make_process(checks=checks)}, {"analyse": ["a", "b"]})
    assert [p.status.value for p in evaluate(pipeline, [], NOON).find("analyse").parts] == [
        "UNKNOWN", "UNKNOWN",
    ]  # fmt: skip
    item = Evidence(reason="algorithm_failed", part="b", found="division by zero")
    seen = [
        make_observation("analyse", "answered", "failed", evidence=(item,)),
        make_observation("analyse", "rate"),
    ]
    parts = evaluate(pipeline, seen, NOON).find("analyse").parts
    assert [(p.name, p.status.value, p.detail) for p in parts] == [
        ("a", "HEALTHY", ""), ("b", "FAILED", "answered: division by zero"),
    ]  # fmt: skip


def test_evidence_of_one_location_is_shown_once() -> None:
    item = Evidence(reason="crc_error", archive="a.zip", member="x", count=2)
    bad = make_observation("first", "good", "failed", evidence=[item, Evidence(tail="G-A")])
    held = make_counts("first", incoming=1, quarantined=1, evidence=[item])
    first = evaluate(chain(), [*all_passed(first=bad), held], NOON).find("first")
    assert first.evidence == (item, Evidence(tail="G-A"))


def test_a_long_reason_names_two_and_counts_the_rest() -> None:
    checks = [asset_check(name) for name in "abcd"]
    pipeline = Pipeline.of({"parse": make_process(checks=checks)})
    seen = [make_observation("parse", name, "failed", detail="bad") for name in "abcd"]
    parse = evaluate(pipeline, seen, NOON).find("parse")
    assert parse.reason == "a: bad; b: bad; and 2 more"


def test_links_lead_to_the_runbook_and_the_checks() -> None:
    pipeline = Pipeline.of({"parse": make_process(runbook="docs/p.md", checks=[asset_check("a")])})
    seen = [make_observation("parse", "a", link="http://ui/assets/parse")]
    parse = evaluate(pipeline, seen, NOON).find("parse")
    assert parse.links == {"runbook": "docs/p.md", "a": "http://ui/assets/parse"}


def test_the_health_of_a_process_repeats_what_is_declared_of_it() -> None:
    declared = make_process(
        describes="Splits frames.", group="decode", owner="team:data", runbook="runbooks/x.md",
        external=True, after=["first"], checks=[asset_check("good")],
    )  # fmt: skip
    pipeline = Pipeline.of({"first": chain().processes["first"], "x": declared})
    found = evaluate(pipeline, [make_counts("x", incoming=2, done=2)], NOON).find("x")
    assert found is not None
    assert (found.describes, found.group, found.owner) == ("Splits frames.", "decode", "team:data")
    assert (found.runbook, found.external, found.after) == ("runbooks/x.md", True, ("first",))
    assert found.counts is not None
    assert found.counts.done == 2
    assert [check.name for check in found.checks] == ["good", "ledger"]


def test_a_report_survives_json() -> None:
    report = evaluate(chain(), all_passed(), NOON)
    assert type(report).model_validate_json(report.model_dump_json()) == report


def test_an_observation_cannot_start_after_its_own_time() -> None:
    with pytest.raises(ValueError, match="is after at"):
        make_observation("first", "good", since_at=NOON + timedelta(seconds=1))


def make_overview(**given: bool) -> Pipeline:
    """A process with one check that passes and one that may be optional."""
    checks = [live_check("notified", **given), live_check("ticks")]
    return Pipeline.of({"overview": make_process(external=True, checks=checks)})


def overview(pipeline: Pipeline, outcome: str, now=NOON) -> tuple[str, str]:
    seen = [
        make_observation("overview", "ticks", at=now),
        make_observation("overview", "notified", outcome),
    ]
    found = evaluate(pipeline, seen, now).find("overview")
    return found.status.value, found.reason


def test_an_unconfigured_optional_check_is_shown_and_does_not_affect_the_process() -> None:
    assert overview(make_overview(), "unknown")[0] == "UNKNOWN"
    pipeline = make_overview(optional=True)
    assert overview(pipeline, "unknown") == ("HEALTHY", "1 check passed, 1 not configured")
    seen = [
        make_observation("overview", "ticks"),
        make_observation("overview", "notified", "unknown"),
    ]
    report = evaluate(pipeline, seen, NOON)
    assert report.status is Status.HEALTHY
    assert [check.status.value for check in report.find("overview").checks] == [
        "UNKNOWN",
        "HEALTHY",
    ]


def test_a_configured_optional_check_counts_as_any_other() -> None:
    assert overview(make_overview(optional=True), "failed")[0] == "FAILED"
    assert overview(make_overview(optional=True), "errored")[0] == "FAILED"


def test_an_optional_check_without_a_recent_result_is_unknown() -> None:
    pipeline = make_overview(optional=True)
    seen = [make_observation("overview", "ticks")]
    assert evaluate(pipeline, seen, NOON).find("overview").status is Status.UNKNOWN
    assert overview(pipeline, "unknown", now=NOON + timedelta(hours=1))[0] == "UNKNOWN"


def test_a_process_with_only_unconfigured_checks_is_unknown() -> None:
    checks = [live_check("notified", optional=True)]
    pipeline = Pipeline.of({"overview": make_process(external=True, checks=checks)})
    seen = [make_observation("overview", "notified", "unknown")]
    assert evaluate(pipeline, seen, NOON).find("overview").status is Status.UNKNOWN


def after_work(ended_ago: timedelta) -> list:
    """``first`` did new work after its check, and its run ended so long ago."""
    ended = NOON - ended_ago
    counted = make_counts("first", incoming=1, done=1, data_at=ended)
    checked = make_observation("first", "good", at=ended - timedelta(hours=1), arrival_day=DAY)
    ran = make_observation("first", "step", at=ended, arrival_day=DAY)
    return [*all_passed(first=checked), counted, ran]


def test_a_stage_is_running_between_its_work_and_its_checks() -> None:
    assert statuses(after_work(timedelta(seconds=1)))["first"] == "RUNNING"
    checked = make_observation("first", "good", at=NOON, arrival_day=DAY)
    assert statuses([*after_work(timedelta(seconds=1)), checked])["first"] == "HEALTHY"


def test_checks_that_never_follow_the_work_become_stale() -> None:
    assert statuses(after_work(CHECKS_EXPECTED_WITHIN))["first"] == "RUNNING"
    assert statuses(after_work(CHECKS_EXPECTED_WITHIN + timedelta(seconds=1)))["first"] == "STALE"


def test_a_run_of_another_day_does_not_keep_an_old_check_from_being_stale() -> None:
    other = make_observation("first", "step", at=NOON, arrival_day=DAY - timedelta(days=1))
    seen = [*after_work(timedelta(hours=1)), other]
    assert statuses(seen)["first"] == "STALE"


def test_a_run_does_not_keep_a_live_check_from_being_stale() -> None:
    gone = make_observation("service", "answers", at=NOON - timedelta(minutes=20))
    ran = make_observation("service", "step", at=NOON)
    assert statuses([*all_passed(service=gone), ran])["service"] == "STALE"
