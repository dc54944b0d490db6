import dagster as dg
import pytest

from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.active_runs import ACTIVE, DAYS_TAG, GIVES_WAY_TAG, PARTITION_TAG
from dataflow_health.orchestration.jobs import canary

STARTED, QUEUED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.NOT_STARTED


def begin(instance: dg.DagsterInstance, status=STARTED, **tags: str) -> dg.DagsterRun:
    named = {
        {"gives_way": GIVES_WAY_TAG, "days": DAYS_TAG, "day": PARTITION_TAG,
         "backfill": "dagster/backfill"}[name]: value
        for name, value in tags.items()
    }  # fmt: skip
    return instance.create_run_for_job(canary.CANARY, tags=named, status=status)


def test_the_days_of_active_runs_are_found_by_both_tags(instance) -> None:
    begin(instance, day="2026-11-20")
    begin(instance, QUEUED, days="2026-11-18,2026-11-19", gives_way="true")
    begin(instance, days="")
    assert active_runs.days(instance, ACTIVE) == {"2026-11-18", "2026-11-19", "2026-11-20"}
    assert active_runs.days(instance, ACTIVE, background=False) == {"2026-11-20"}
    assert active_runs.days(instance, [QUEUED]) == {"2026-11-18", "2026-11-19"}


@pytest.mark.parametrize(
    ("tags", "goes_first"),
    [({}, True), ({"gives_way": "true"}, False), ({"backfill": "abc"}, False)],
)
def test_background_runs_do_not_wait_for_each_other(instance, tags, goes_first) -> None:
    begin(instance, QUEUED, **tags)
    assert active_runs.others_work(instance) is goes_first


def test_giving_way_ends_with_the_other_run_or_with_its_time(
    instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(instance)
    assert not active_runs.give_way(instance, at_most_s=0)
    monkeypatch.setattr(active_runs.time, "sleep", lambda _: instance.report_run_canceled(run))
    assert active_runs.give_way(instance, at_most_s=3600)
