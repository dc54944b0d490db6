import dagster as dg

from dataflow_health.orchestration.partitions import ARRIVAL_DAY, add_days


def test_only_days_that_dagster_does_not_know_are_added(instance: dg.DagsterInstance) -> None:
    add_days(instance, ["2026-11-20"])
    add_days(instance, ["2026-11-21", "2026-11-20"])
    assert ARRIVAL_DAY.name is not None
    known = instance.get_dynamic_partitions(ARRIVAL_DAY.name)
    assert sorted(known) == ["2026-11-20", "2026-11-21"]
