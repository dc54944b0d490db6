"""Asset keys of stages, algorithms and other processes."""

import dagster as dg

from dataflow_health.monitoring.dagster_links import asset_path
from dataflow_health.storage.ledger.stage_order import STAGES


def process_key(process: str) -> dg.AssetKey:
    """Asset of a process: a stage, the overview, or an external process."""
    return dg.AssetKey(asset_path(process).split("/"))


STAGE_KEYS = {stage: process_key(stage) for stage in STAGES}
"""Asset of each stage; analyse has one asset per algorithm besides."""

OVERVIEW = process_key("overview")
"""The overview, whose checks are the self-checks of the monitoring."""


def algorithm_key(name: str) -> dg.AssetKey:
    """Asset of one algorithm."""
    return dg.AssetKey(["analyse", name])
