"""What stands in quarantine, and what parse remarked about recordings that it took."""

from collections.abc import Mapping, Sequence

from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check_day import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    make_evidence,
)
from dataflow_health.storage.ledger.stage_records import StageRecord

_NAMED: Mapping[str, frozenset[str]] = {
    "download": frozenset(),
    "extract": frozenset({"no_recording", "empty_archive"}),
    "parse": frozenset({"unknown_layout", "values_in_range", "clock_consistent", "tail_mismatch"}),
    "compress": frozenset(),
    "store": frozenset({"tsv_differs"}),
    "ingest": frozenset({"rows_not_conserved"}),
    "analyse": frozenset(),
    "load": frozenset(),
}
"""Reasons that a check other than the stage's catch-all names."""


def refused(*reasons: str, others: bool = False) -> CheckFunction:
    """Fails for what is in quarantine for a reason; ``others`` takes what no check names."""

    def question(day: CheckContext) -> StageCheckResult:
        rows = [
            row
            for row in day.passages
            if row.state == "quarantined"
            and (row.reason in reasons or (others and row.reason not in _NAMED[day.stage]))
        ]
        told = ", ".join(sorted({row.reason or "" for row in rows}))
        detail = f"quarantined ({len(rows)}{': ' + told if told else ''}) must be 0"
        return StageCheckResult(
            not rows, detail, tuple(make_evidence(day.stage, row) for row in rows)
        )

    return question


def remarked(*checks: str, refusals: Sequence[str] = (), others: bool = False) -> CheckFunction:
    """Fails for refusals, and for what parse remarked about recordings that it took."""
    in_quarantine = refused(*refusals, others=others)

    def question(day: CheckContext) -> StageCheckResult:
        refused = in_quarantine(day)
        remarks = [
            (row, remark)
            for row in day.passages
            for remark in row.measurements.get("remarks", [])
            if row.state == "done" and remark["check"] in checks
        ]
        evidence = [*refused.evidence, *(_remark_evidence(day.stage, *each) for each in remarks)]
        recordings = {each.recording_id for each in evidence}
        mild = refused.passed and all(each["severity"] == "warning" for _, each in remarks)
        told = ", ".join(sorted({each.reason for each in evidence}))
        detail = f"recordings ({len(recordings)}{': ' + told if told else ''}) must be 0"
        return StageCheckResult(not evidence, detail, tuple(evidence), mild)

    return question


def _remark_evidence(stage: str, row: StageRecord, remark: Mapping[str, str | None]) -> Evidence:
    found = f"{remark['parameter'] or ''} {remark['detail']}".strip()
    return make_evidence(stage, row, reason=remark["check"] or "", found=found)
