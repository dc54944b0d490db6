"""Runs that have not ended: of which arrival days, and which of them give way to the others.

Background runs pay what is owed, or are a backfill that a person started in Dagster. All others
go first: a flight that has just landed, a canary, a materialisation by hand.
"""

import multiprocessing
import os
import time
from collections.abc import Collection

import dagster as dg

QUEUED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]
"""Statuses of runs that have not begun: they will list the source themselves."""
ACTIVE = [*QUEUED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
"""Statuses of runs that have not ended."""
DAYS_TAG = "dataflow_health/arrival_days"
"""Tag of a run of several days with those it is at, which no other run must begin."""
GIVES_WAY_TAG = "dataflow_health/gives_way"
"""Tag of runs that wait while others work; ``dagster.yaml`` starts one of them at a time."""
PARTITION_TAG = "dagster/partition"
_BACKFILL_TAG = "dagster/backfill"

POLL_S = 2.0
"""Seconds between two looks at the other runs."""
NICENESS = 10
"""Of 0 to 19: the share of a processor that a background process takes from others is small."""


def is_background(run: dg.DagsterRun) -> bool:
    """Whether a run gives way to others."""
    return GIVES_WAY_TAG in run.tags or _BACKFILL_TAG in run.tags


def days(
    instance: dg.DagsterInstance,
    statuses: Collection[dg.DagsterRunStatus],
    *,
    background: bool = True,
) -> set[str]:
    """Arrival days of the runs with some statuses.

    Args:
        instance: Dagster's instance.
        statuses: The statuses.
        background: Include runs that give way to others.
    """
    runs = instance.get_runs(dg.RunsFilter(statuses=list(statuses)))
    return {
        day
        for run in runs
        if background or not is_background(run)
        for tag in (PARTITION_TAG, DAYS_TAG)
        for day in run.tags.get(tag, "").split(",")
        if day
    }


def others_work(instance: dg.DagsterInstance) -> bool:
    """Whether a run that goes first waits or works."""
    active = instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
    return any(not is_background(run) for run in active)


def give_way(instance: dg.DagsterInstance, at_most_s: float) -> bool:
    """Waits until no run that goes first waits or works; returns whether none does now.

    Args:
        instance: Dagster's instance.
        at_most_s: Longest time to wait, seconds.
    """
    until_s = time.monotonic() + at_most_s
    while others_work(instance):
        if time.monotonic() >= until_s:
            return False
        time.sleep(POLL_S)
    return True


def lower_priority() -> None:
    """Lets all other processes of the machine go first, if this one was started for its run.

    Java and the workers of a local Spark inherit it.
    """
    if multiprocessing.parent_process() is not None and os.nice(0) < NICENESS:
        os.nice(NICENESS)
