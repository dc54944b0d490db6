"""Runs that a person started: they retry what the same code refused before, as ``rerun`` does.

What starts by itself does not: what is refused stays refused until code, configuration or a person
says otherwise, or a day with one bad recording would be run for ever.
"""

from collections.abc import Mapping

ASKED_BY = "dataflow_health/asked_by"
"""Tag of runs whose work was chosen before they began, as those of ``dataflow-health rerun``."""

AUTOMATIC = (
    "dagster/sensor_name", "dagster/schedule_name", "dagster/from_automation_condition",
    "dagster/auto_materialize",
)  # fmt: skip
"""Tags that Dagster gives a run that it starts itself."""
AGAIN = "dagster/parent_run_id"
"""Tag of a run that repeats another, whose tags it inherits."""
RETRIED = "dagster/retry_number"
"""Tag of a repetition that Dagster starts itself."""


def is_by_hand(tags: Mapping[str, str]) -> bool:
    """Whether a person materialised it, or asked for it again, in the UI or by its API."""
    if ASKED_BY in tags or RETRIED in tags:
        return False
    return AGAIN in tags or not any(tag in tags for tag in AUTOMATIC)
