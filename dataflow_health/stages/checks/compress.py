"""What compress asserts besides."""

from dataflow_health.stages.checks.check_day import CheckContext, StageCheckResult, make_evidence

RATIO_BAND = (0.01, 0.60)
"""Parquet to recorder bytes. ARINC 717 with noise takes 0.15 to 0.3 of the packed words; a steady
recorder less, and text logs up to a half. Outside it the recorder or the coding changed."""


def ratio_in_band(day: CheckContext) -> StageCheckResult:
    """Every recording shrank as recordings do."""
    low, high = RATIO_BAND
    done = [row for row in day.passages if row.state == "done"]
    ratios = [row.measurements["ratio"] for row in done]
    odd = [(row, r) for row, r in zip(done, ratios, strict=True) if not low <= r <= high]
    span = f"{min(ratios):.3f}..{max(ratios):.3f}" if ratios else "none"
    expected = f"{low} to {high}"
    evidence = tuple(
        make_evidence(day.stage, row, reason="ratio", expected=expected, found=f"{ratio:.3f}")
        for row, ratio in odd
    )
    return StageCheckResult(not odd, f"{low} <= ratio ({span}) <= {high}", evidence)
