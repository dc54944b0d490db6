from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import instance_retention, instance_storage
from dataflow_health.orchestration.instance_retention import Excess
from dataflow_health.orchestration.partitions import ARRIVAL_DAY, add_days

DAYS = [f"2026-11-{day:02}" for day in range(1, 6)]
LATER = datetime.now(UTC) + timedelta(days=60)
POLICY = RetentionPolicy(
    dagster_days=timedelta(days=1), dagster_days_at_least=2, dagster_runs=timedelta(days=30)
)
QUIET = """
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
KEY = dg.AssetKey("parsed")

pytestmark = pytest.mark.slow


@dg.asset(key=KEY, partitions_def=ARRIVAL_DAY, check_specs=[dg.AssetCheckSpec("holds", asset=KEY)])
def parsed(context: dg.AssetExecutionContext) -> Iterator[object]:
    yield dg.AssetCheckResult(passed=context.partition_key != DAYS[-1], check_name="holds")
    yield dg.MaterializeResult()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with a run of each day, and results without a run."""
    (tmp_path / "dagster.yaml").write_text(dagster_home.shipped_config().read_text() + QUIET)
    instance_storage.create(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as found:
        add_days(found, DAYS)
        for day in DAYS:
            dg.materialize([parsed], partition_key=day, instance=found)
        for passed in (False, False, True):
            found.report_runless_asset_event(
                dg.AssetCheckEvaluation(
                    asset_key=KEY, check_name="live", passed=passed, metadata={}
                )
            )
        yield found


def state(instance: dg.DagsterInstance, days: list[str]) -> object:
    """What pages show: the newest materialisation and the newest results of checks."""
    event = instance.get_latest_materialization_event(KEY)
    keys = [dg.AssetCheckKey(KEY, name) for name in ("holds", "live")]
    storage = instance_storage.event_storage(instance)
    checks = storage.get_latest_asset_check_execution_by_key(keys)
    materialised = instance.get_materialized_partitions(KEY)
    return (
        event and (event.run_id, event.timestamp),
        {key.name: record.status for key, record in checks.items()},
        sorted(set(materialised) & set(days)),
    )


def test_old_days_and_runs_go_and_the_newest_state_stays(instance: dg.DagsterInstance) -> None:
    kept = [DAYS[0], *DAYS[-2:]]
    before = state(instance, kept)
    newest = instance.get_runs(limit=2)
    planned = instance_retention.plan(instance, POLICY, [DAYS[0]], LATER)
    done = instance_retention.apply(instance, POLICY, [DAYS[0]], LATER)
    assert done == planned
    assert done.days == tuple(DAYS[1:3])
    assert len(done.runs) == 2
    assert len(done.emptied_runs) == 2  # the newest run of the job is left as it is
    assert done.events > 0
    assert instance.get_dynamic_partitions("arrival_day") == kept
    assert {run.run_id for run in newest} < {run.run_id for run in instance.get_runs()}
    assert len(instance.get_runs()) == 3
    assert state(instance, kept) == before
    assert instance_retention.plan(instance, POLICY, [DAYS[0]], LATER)[:4] == (
        (), (), done.emptied_runs, 0,
    )  # fmt: skip


def test_nothing_that_is_young_goes(instance: dg.DagsterInstance) -> None:
    policy = RetentionPolicy(dagster_days_at_least=5)
    found = instance_retention.plan(instance, policy, [], datetime.now(UTC))
    assert found == Excess((), (), (), 0, (), 0)


def test_a_number_of_runs_is_kept_at_any_age(instance: dg.DagsterInstance) -> None:
    policy = POLICY.model_copy(update={"dagster_runs": "for_ever", "dagster_runs_at_most": 2})
    found = instance_retention.plan(instance, policy, [], LATER)
    assert len(found.runs) == 3
