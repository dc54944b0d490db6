"""Check of compress: recordings shrink as much as they usually do."""

from dataflow_health.stages.checks.check import CheckContext, StageCheckResult, make_evidence

RATIO_BAND = (0.01, 0.60)
"""Size of the Parquet file relative to the recorder's bytes. ARINC 717 with noise takes 0.15 to 0.3
of the packed words; a steady recorder takes less, and text logs up to a half. A ratio outside the
band means that the recorder or the encoding changed."""


def ratio_in_band(context: CheckContext) -> StageCheckResult:
    """Every recording's compression ratio lies in :data:`RATIO_BAND`."""
    low, high = RATIO_BAND
    ratios = [(record, record.measurements["ratio"]) for record in context.done]
    outside = [(record, ratio) for record, ratio in ratios if not low <= ratio <= high]
    values = [ratio for _, ratio in ratios]
    measured = f"{min(values):.3f}..{max(values):.3f}" if values else "none"
    expected = f"{low} to {high}"
    evidence = tuple(
        make_evidence(
            context.stage, record, reason="ratio", expected=expected, found=f"{ratio:.3f}"
        )
        for record, ratio in outside
    )
    return StageCheckResult(not outside, f"{low} <= ratio ({measured}) <= {high}", evidence)
