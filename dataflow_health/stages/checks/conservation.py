"""Checks that nothing is lost between stages: archives and recordings, rows, and missing values."""

from dataflow_health.stages.checks.check import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    make_evidence,
)
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.conservation import stage_counts


def conservation(context: CheckContext) -> StageCheckResult:
    """What came in is done, quarantined, written off, in flight or a duplicate."""
    all_counts = stage_counts(context.engine, context.now, context.day)
    counts = next((each for each in all_counts if each.process == context.stage), None)
    if counts is None:
        return StageCheckResult(True, "in (0) = done (0)")
    detail = (
        f"in ({counts.incoming}) = done ({counts.done}) + quarantined ({counts.quarantined}) "
        f"+ written off ({counts.written_off}) + in flight ({counts.in_flight}) "
        f"+ duplicate ({counts.duplicate})"
    )
    return StageCheckResult(counts.balances, detail)


def rows_equal(before: str, refusals: CheckFunction) -> CheckFunction:
    """A check that every recording has as many rows as the output of the stage before.

    Args:
        before: Name of the stage before.
        refusals: Check of the refusals for lost rows.
    """

    def check(context: CheckContext) -> StageCheckResult:
        inputs = stage_records.find(context.engine, stage=before, day=context.day, states=["done"])
        expected = {record.id: record.rows_out for record in inputs}
        different = [
            record for record in context.done if record.rows_out != expected.get(record.id)
        ]
        evidence = tuple(
            make_evidence(
                context.stage,
                record,
                reason="rows_differ",
                expected=f"{expected.get(record.id)} rows",
                found=f"{record.rows_out} rows",
            )
            for record in different
        )
        refused = refusals(context)
        rows = sum(record.rows_out or 0 for record in context.done)
        detail = f"rows ({rows}) = {before}'s, recordings that differ ({len(different)}) must be 0"
        passed = not different and refused.passed
        return StageCheckResult(passed, detail, evidence + refused.evidence)

    return check


def nulls_conserved(context: CheckContext) -> StageCheckResult:
    """As many values are missing in the analytics table as in the TSV."""
    different = [
        record
        for record in context.done
        if record.measurements["nulls"] != record.measurements["stored_nulls"]
    ]
    nulls = sum(record.measurements["nulls"] for record in context.done)
    evidence = tuple(
        make_evidence(context.stage, record, reason="nulls_differ") for record in different
    )
    detail = f"nulls ({nulls}) = store's, recordings that differ ({len(different)}) must be 0"
    return StageCheckResult(not different, detail, evidence)
