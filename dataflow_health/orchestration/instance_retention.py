"""Bounds Dagster's own storage: arrival days, runs and check results that are kept no longer go.

Dagster keeps every event, run and partition for ever, and its pages and sensors read more with
each. Of every asset, day and check that stays, the newest materialisation and result stay as well,
so that no page shows another state than before.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
from loguru import logger
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TableClause,
    and_,
    column,
    delete,
    func,
    or_,
    select,
    table,
    union,
)

from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.orchestration import instance_storage
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.storage.sql.statements import chunks

_ENDED = ("SUCCESS", "FAILURE", "CANCELED")
_ASSET_EVENTS = (
    "ASSET_MATERIALIZATION", "ASSET_MATERIALIZATION_PLANNED", "ASSET_OBSERVATION",
    "ASSET_FAILED_TO_MATERIALIZE",
)  # fmt: skip
"""Events from which Dagster reads the state of an asset or of one of its days."""
RUNS_PER_STATEMENT = 200

_runs = table(
    "runs",
    *map(column, ("id", "run_id", "status", "pipeline_name", "end_time", "update_timestamp")),
)
_run_tags = table("run_tags", column("run_id"))
_events = table(
    "event_logs",
    *map(column, ("id", "run_id", "dagster_event_type", "timestamp", "asset_key", "partition")),
)
_event_tags = table("asset_event_tags", column("event_id"))
_checks = table(
    "asset_check_executions",
    *map(column, ("id", "run_id", "asset_key", "check_name", "partition", "create_timestamp")),
)
_days = table("dynamic_partitions", *map(column, ("partitions_def_name", "partition")))
_snapshots = table("snapshots", column("snapshot_id"))

_Connect = Callable[[], AbstractContextManager[Connection]]


class Excess(NamedTuple):
    """What the policy keeps no longer.

    Attributes:
        days: Arrival days, oldest first.
        runs: Ids of runs that go with all that they wrote.
        emptied_runs: Ids of runs of which only the newest state of some asset or check stays.
        events: Number of events and check results that go, in the storage of all runs together.
        snapshots: Ids of descriptions of jobs that no run needs any more.
        size_bytes: Bytes of the files of these runs; 0 on PostgreSQL.
    """

    days: tuple[str, ...]
    runs: tuple[str, ...]
    emptied_runs: tuple[str, ...]
    events: int
    snapshots: tuple[str, ...]
    size_bytes: int


class _Cut(NamedTuple):
    """Where the policy cuts.

    Attributes:
        first_day: Oldest arrival day that is kept; empty for all.
        open_days: Older days that are kept, as they need an operator or a run.
        runs_before: Time of the end before which runs go, UTC; None for none.
        checks_before: Time before which results without a run go, UTC; None for none.
        most_runs: Number of runs at most.
    """

    first_day: str
    open_days: tuple[str, ...]
    runs_before: datetime | None
    checks_before: datetime | None
    most_runs: int


def plan(
    instance: dg.DagsterInstance, policy: RetentionPolicy, open_days: Sequence[str], now: datetime
) -> Excess:
    """What :func:`apply` would remove now.

    Args:
        instance: Dagster's instance.
        policy: Ages and numbers.
        open_days: Arrival days that are kept at any age.
        now: Current time, UTC.
    """
    days, cut = _cut(instance, policy, open_days, now)
    runs, emptied = _old_runs(instance, cut)
    with _event_storage(instance)() as connection:
        events = sum(
            connection.execute(select(func.count()).select_from(source).where(where)).scalar_one()
            for source, where in _conditions(cut, [*runs, *emptied])
        )
    size_bytes = instance_storage.size_of_runs(instance, [*runs, *emptied])
    return Excess(days, runs, emptied, events, _unused_snapshots(instance, set(runs)), size_bytes)


def apply(
    instance: dg.DagsterInstance, policy: RetentionPolicy, open_days: Sequence[str], now: datetime
) -> Excess:
    """Removes what the policy keeps no longer; a process that dies in between leaves the rest.

    Args:
        instance: Dagster's instance.
        policy: Ages and numbers.
        open_days: Arrival days that are kept at any age.
        now: Current time, UTC.
    """
    excess = plan(instance, policy, open_days, now)
    days, cut = _cut(instance, policy, open_days, now)
    _remove_days(instance, days)
    _remove_events(instance, cut, [*excess.runs, *excess.emptied_runs])
    instance_storage.remove_runs_files(instance, [*excess.runs, *excess.emptied_runs])
    _remove_runs(instance, excess.runs)
    _remove_from(
        instance_storage.run_storage(instance).connect, _snapshots, "snapshot_id", excess.snapshots
    )
    if excess.days or excess.events:
        keys = instance.all_asset_keys()
        instance.wipe_asset_cached_status(keys)  # it counts days that are gone
    instance_storage.shrink(instance)
    logger.info(
        "Dagster's storage: {} days, {} runs and {} events removed",
        len(days), len(excess.runs), excess.events,
    )  # fmt: skip
    return excess


def run_at_home(
    home: Path, policy: RetentionPolicy, open_days: Sequence[str], now: datetime, *, dry_run: bool
) -> Excess | None:
    """As :func:`apply`, or :func:`plan`, for the instance in a folder; None where there is none.

    Args:
        home: Dagster's folder in the home of the installation.
        policy: Ages and numbers.
        open_days: Arrival days that are kept at any age.
        now: Current time, UTC.
        dry_run: Removes nothing.
    """
    if not (home / "dagster.yaml").exists():
        return None
    instance_storage.create(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return (plan if dry_run else apply)(instance, policy, open_days, now)


def _cut(
    instance: dg.DagsterInstance, policy: RetentionPolicy, open_days: Sequence[str], now: datetime
) -> tuple[tuple[str, ...], _Cut]:
    """The arrival days that go, and where the policy cuts."""
    days = sorted(instance.get_dynamic_partitions(str(ARRIVAL_DAY.name)))
    age = policy.age_of_dagster_days
    first_day = "" if age is None else (now - age).date().isoformat()
    newest = days[-policy.dagster_days_at_least :]
    first_day = min([first_day, *newest[:1]])
    old = [day for day in days if day < first_day]
    cut = _Cut(
        first_day,
        tuple(sorted(set(old) & set(open_days))),
        _before(now, policy.age_of_dagster_runs),
        _before(now, policy.age_of_dagster_checks),
        policy.dagster_runs_at_most,
    )
    return tuple(day for day in old if day not in cut.open_days), cut


def _before(now: datetime, age: timedelta | None) -> datetime | None:
    """A time as Dagster's tables have it, UTC without saying so."""
    return None if age is None else (now - age).astimezone(UTC).replace(tzinfo=None)


def _old_runs(instance: dg.DagsterInstance, cut: _Cut) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Runs that go, and runs that go but for the newest state of an asset or check."""
    columns = (_runs.c.run_id, _runs.c.status, _runs.c.pipeline_name, _runs.c.end_time)
    with instance_storage.run_storage(instance).connect() as connection:
        rows = connection.execute(select(*columns).order_by(_runs.c.id.desc())).all()
    before_s = cut.runs_before.replace(tzinfo=UTC).timestamp() if cut.runs_before else 0.0
    newest_of_job = {row.pipeline_name: row.run_id for row in reversed(rows)}.values()
    old = [
        row.run_id
        for place, row in enumerate(rows)
        if row.status in _ENDED
        and ((row.end_time or 0.0) < before_s or place >= cut.most_runs)
        and row.run_id not in newest_of_job
    ]
    needed = _needed_runs(instance, cut)
    return (
        tuple(each for each in old if each not in needed),
        tuple(each for each in old if each in needed),
    )


def _needed_runs(instance: dg.DagsterInstance, cut: _Cut) -> set[str]:
    """Runs that wrote the newest state of an asset, of one of its days or of a check."""
    with _event_storage(instance)() as connection:
        return {
            str(run_id)
            for source, newest in ((_events, _newest_events(cut)), (_checks, _newest_checks(cut)))
            for run_id in connection.execute(
                select(source.c.run_id).distinct().where(source.c.id.in_(newest))
            ).scalars()
        }


def _newest_events(cut: _Cut) -> Select[Any]:
    """Ids of the newest event of each type, asset and kept day."""
    keys = (_events.c.asset_key, _events.c.dagster_event_type)
    newest = select(func.max(_events.c.id)).where(
        _events.c.asset_key.is_not(None), _events.c.dagster_event_type.in_(_ASSET_EVENTS)
    )
    of_days = newest.where(_is_kept(_events, cut)).group_by(*keys, _events.c.partition)
    return _either(of_days, newest.group_by(*keys))


def _newest_checks(cut: _Cut) -> Select[Any]:
    """Ids of the newest result of each check and kept day."""
    keys = (_checks.c.asset_key, _checks.c.check_name)
    newest = select(func.max(_checks.c.id))
    of_days = newest.where(_is_kept(_checks, cut)).group_by(*keys, _checks.c.partition)
    return _either(of_days, newest.group_by(*keys))


def _either(*ids: Select[Any]) -> Select[Any]:
    return select(union(*ids).subquery().c[0])


def _is_kept(source: TableClause, cut: _Cut) -> ColumnElement[bool]:
    """Whether a row is of no arrival day, or of one that is kept."""
    day = source.c.partition
    return or_(day.is_(None), day >= cut.first_day, day.in_(cut.open_days))


def _conditions(
    cut: _Cut, runs: Sequence[str]
) -> Iterator[tuple[TableClause, ColumnElement[bool]]]:
    """Table and condition of the rows that go, a statement each."""
    for source, newest, time in (
        (_events, _newest_events(cut), _events.c.timestamp),
        (_checks, _newest_checks(cut), _checks.c.create_timestamp),
    ):
        is_older = source.c.id.not_in(newest)
        for some in chunks(runs, RUNS_PER_STATEMENT):
            yield source, and_(source.c.run_id.in_(some), is_older)
        if cut.checks_before is not None:
            runless = func.coalesce(source.c.run_id, "") == ""
            yield source, and_(runless, time < cut.checks_before, is_older)


def _remove_days(instance: dg.DagsterInstance, days: Sequence[str]) -> None:
    name = str(ARRIVAL_DAY.name)
    for some in chunks(days, RUNS_PER_STATEMENT):
        with _event_storage(instance)() as connection:
            connection.execute(
                delete(_days).where(
                    _days.c.partitions_def_name == name, _days.c.partition.in_(some)
                )
            )


def _remove_events(instance: dg.DagsterInstance, cut: _Cut, runs: Sequence[str]) -> None:
    for source, where in _conditions(cut, runs):
        with _event_storage(instance)() as connection:
            if source is _events:
                gone = select(_events.c.id).where(where)
                connection.execute(delete(_event_tags).where(_event_tags.c.event_id.in_(gone)))
            connection.execute(delete(source).where(where))
    if cut.checks_before is not None and instance_storage.is_sharded(instance):
        with instance_storage.event_storage(instance).run_connection("") as connection:
            connection.execute(delete(_events).where(_events.c.timestamp < cut.checks_before))


def _remove_runs(instance: dg.DagsterInstance, runs: Sequence[str]) -> None:
    """Removes the rows of runs; SQLite does not do so with their tags by itself."""
    connect = instance_storage.run_storage(instance).connect
    _remove_from(connect, _run_tags, "run_id", runs)
    _remove_from(connect, _runs, "run_id", runs)


def _remove_from(connect: _Connect, source: TableClause, key: str, ids: Sequence[str]) -> None:
    for some in chunks(ids, RUNS_PER_STATEMENT):
        with connect() as connection:
            connection.execute(delete(source).where(source.c[key].in_(some)))


def _unused_snapshots(instance: dg.DagsterInstance, gone: set[str]) -> tuple[str, ...]:
    """Descriptions of jobs and plans that no remaining run has, such as those of older code."""
    if not gone:
        return ()
    kept = [run for run in _all_runs(instance) if run.run_id not in gone]
    jobs = {run.job_snapshot_id for run in kept if run.job_snapshot_id}
    plans = {run.execution_plan_snapshot_id for run in kept if run.execution_plan_snapshot_id}
    lineages = [
        instance.get_job_snapshot(each).lineage_snapshot
        for each in jobs
        if instance.has_job_snapshot(each)
    ]
    used = {*jobs, *plans, *(each.parent_snapshot_id for each in lineages if each)}
    with instance_storage.run_storage(instance).connect() as connection:
        found = connection.execute(select(_snapshots.c.snapshot_id)).scalars().all()
    return tuple(each for each in found if each not in used)


def _all_runs(instance: dg.DagsterInstance) -> Iterator[dg.DagsterRun]:
    cursor = None
    while some := instance.get_runs(cursor=cursor, limit=500):
        yield from some
        cursor = some[-1].run_id


def _event_storage(instance: dg.DagsterInstance) -> _Connect:
    """Connections to the events of all runs together."""
    connect: _Connect = instance_storage.event_storage(instance).index_connection
    return connect
