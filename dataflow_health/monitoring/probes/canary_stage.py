"""Kind ``canary_stage``: the newest canary run has the known result at a stage."""

from dataflow_health.health.self_check import CanaryStage
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
)
from dataflow_health.storage.ledger.stage_order import STAGES


def probe(check: CanaryStage, context: ProbeContext) -> ProbeResult:
    """Failed at the first stage with a wrong result; later stages are not evaluated."""
    canary = installation.last_canary(context)
    if not canary.stage:
        return ProbeResult(
            "passed", f"equal to the known result, {canary.took_s:.0f} s for all stages"
        )
    if check.stage == canary.stage:
        return ProbeResult("failed", canary.fault)
    if STAGES.index(check.stage) > STAGES.index(canary.stage):
        raise NotConfigured(f"not evaluated: {canary.stage} is wrong before it")
    return ProbeResult("passed", "equal to the known result")
