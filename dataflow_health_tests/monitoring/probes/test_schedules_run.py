from dataflow_health.monitoring.dagster_state import DagsterSnapshot, ScheduledJob
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "schedules_run", "required": ["scrub"], "judged_elsewhere": ["canary"]}
GOOD = ScheduledJob("recount")


def result_of(*jobs: ScheduledJob) -> tuple[str | None, str]:
    result = probe(CHECK, dagster=DagsterSnapshot({}, schedules=jobs))
    return result.outcome, result.detail


def test_schedules_that_run_pass() -> None:
    assert result_of(GOOD) == ("passed", "schedules failing or off (0) of 1 = 0")


def test_a_failed_job_is_named_with_its_run() -> None:
    failed = ScheduledJob("scrub", failed_run="0123456789ab")
    expected = "schedules failing or off (1: scrub (run 01234567 failed)) of 2 = 0"
    assert result_of(GOOD, failed) == ("failed", expected)


def test_a_job_that_another_process_judges_does_not_count() -> None:
    assert result_of(ScheduledJob("canary", failed_run="0123"))[0] == "passed"


def test_a_required_schedule_that_is_switched_off_fails_and_another_does_not_count() -> None:
    off = [ScheduledJob(name, is_running=False) for name in ("scrub", "removed")]
    expected = "schedules failing or off (1: scrub (switched off)) of 2 = 0"
    assert result_of(*off) == ("failed", expected)


def test_without_a_schedule_or_an_instance_the_check_is_unknown() -> None:
    assert result_of()[0] == "unknown"
    assert probe(CHECK).outcome == "unknown"
