import dagster as dg

from dataflow_health.orchestration.jobs.single_op import running_schedule, single_op_job

ran: list[str] = []


@dg.op(name="note")
def note() -> None:
    ran.append("note")


JOB = single_op_job(note, "noting", "Notes that it ran.", {"dagster/max_runtime": "0"})


def test_the_job_runs_its_op_in_its_own_process() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert JOB.execute_in_process(instance=instance).success
    assert ran == ["note"]
    assert JOB.executor_def is dg.in_process_executor
    assert (JOB.name, JOB.description) == ("noting", "Notes that it ran.")
    assert JOB.tags == {"dagster/max_runtime": "0"}


def test_its_schedule_is_on_by_default() -> None:
    schedule = running_schedule(JOB, "17 * * * *", "Every hour.")
    assert (schedule.name, schedule.job_name) == ("noting", "noting")
    assert (schedule.cron_schedule, schedule.description) == ("17 * * * *", "Every hour.")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
