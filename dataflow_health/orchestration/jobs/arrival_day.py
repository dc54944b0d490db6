"""The whole pipeline of one arrival day as one job, in one process, so that Spark starts once."""

import dagster as dg

from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.storage.ledger.stage_order import STAGES

_VERDICTS = dg.AssetSelection.checks(
    *(dg.AssetCheckKey(key, health_checks.CHECK) for key in STAGE_KEYS.values())
)
"""They judge what the run leaves behind, so they come after it."""

PIPELINE = dg.define_asset_job(
    "pipeline",
    selection=dg.AssetSelection.groups(*STAGES, "algorithms") - _VERDICTS,
    executor_def=dg.in_process_executor,
    description="All eight stages and checks of one arrival day; does only what is not done.",
)
