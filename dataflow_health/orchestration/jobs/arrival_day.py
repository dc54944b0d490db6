"""Job ``pipeline``: all stages of one arrival day in one process, so that Spark starts once."""

import dagster as dg

from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.storage.ledger.stage_order import STAGES

_HEALTH_CHECKS = dg.AssetSelection.checks(
    *(dg.AssetCheckKey(key, health_checks.CHECK) for key in STAGE_KEYS.values())
)
"""Left out of the job: they evaluate the state after the run."""

PIPELINE = dg.define_asset_job(
    "pipeline",
    selection=dg.AssetSelection.groups(*STAGES, "algorithms") - _HEALTH_CHECKS,
    executor_def=dg.in_process_executor,
    description="All eight stages and their checks for one arrival day. Skips finished work.",
)
