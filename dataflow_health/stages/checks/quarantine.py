"""Checks of a stage's quarantine, and of the remarks of parse on decoded recordings."""

from collections.abc import Callable, Mapping

from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    make_evidence,
)
from dataflow_health.storage.ledger.stage_records import StageRecord


def no_refusals(*reasons: str) -> CheckFunction:
    """A check that fails when quarantine holds an item with one of these reasons."""
    return _quarantine_check(lambda reason: reason in reasons)


def no_other_refusals(*reasons: str) -> CheckFunction:
    """A check that fails when quarantine holds an item with any other reason.

    One check per stage covers every reason that no other check of the stage names.
    """
    return _quarantine_check(lambda reason: reason not in reasons)


def _quarantine_check(matches: Callable[[str], bool]) -> CheckFunction:
    def check(context: CheckContext) -> StageCheckResult:
        refused = [
            record
            for record in context.records
            if record.state == "quarantined" and matches(record.reason or "")
        ]
        evidence = tuple(make_evidence(context.stage, record) for record in refused)
        return StageCheckResult(
            not refused, _detail("quarantined", len(refused), evidence), evidence
        )

    return check


def no_remarks(kind: str, refusals: CheckFunction | None = None) -> CheckFunction:
    """A check that fails for remarks of one kind about decoded recordings, and for refusals.

    Args:
        kind: Kind of the remark, as :mod:`dataflow_health.flight.quality` names it.
        refusals: Check of the refusals for the same cause. Remarks that are warnings only
            downgrade the result as long as this check passes.
    """
    refusals = refusals or no_refusals()

    def check(context: CheckContext) -> StageCheckResult:
        refused = refusals(context)
        remarks = [
            (record, remark)
            for record in context.done
            for remark in record.measurements.get("remarks", [])
            if remark["check"] == kind
        ]
        evidence = (
            *refused.evidence,
            *(_remark_evidence(context.stage, record, remark) for record, remark in remarks),
        )
        recordings = len({item.recording_id for item in evidence})
        only_warnings = all(remark["severity"] == "warning" for _, remark in remarks)
        return StageCheckResult(
            not evidence,
            _detail("recordings", recordings, evidence),
            evidence,
            downgraded=refused.passed and only_warnings,
        )

    return check


def _detail(noun: str, count: int, evidence: tuple[Evidence, ...]) -> str:
    reasons = ", ".join(sorted({item.reason for item in evidence}))
    return f"{noun} ({count}{': ' + reasons if reasons else ''}) must be 0"


def _remark_evidence(stage: str, record: StageRecord, remark: Mapping[str, str | None]) -> Evidence:
    found = f"{remark['parameter'] or ''} {remark['detail']}".strip()
    evidence = make_evidence(stage, record, reason=remark["check"] or "", found=found)
    severity = "warning" if remark["severity"] == "warning" else None
    return evidence.model_copy(update={"severity": severity})
