"""Arrival days as Dagster partitions.

Dynamic, so that a day exists only once something arrived on it: a board of calendar days would be
mostly grey, and grey is not green.
"""

import dagster as dg

ARRIVAL_DAY = dg.DynamicPartitionsDefinition(name="arrival_day")


def add_days(instance: dg.DagsterInstance, days: list[str]) -> None:
    """Makes days known to Dagster that are not yet."""
    known = set(instance.get_dynamic_partitions("arrival_day"))
    new = [day for day in days if day not in known]
    if new:
        instance.add_dynamic_partitions("arrival_day", new)
