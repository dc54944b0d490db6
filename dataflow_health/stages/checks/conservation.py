"""What must be as much here as it was before: things, rows and nulls."""

from dataflow_health.stages.checks.check_day import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    make_evidence,
)
from dataflow_health.stages.checks.refusals import refused
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.conservation import stage_counts


def conservation(day: CheckContext) -> StageCheckResult:
    """What came in is done, quarantined, written off, in flight or a duplicate."""
    found = stage_counts(day.engine, day.now, day.day)
    counts = next((each for each in found if each.process == day.stage), None)
    if counts is None:
        return StageCheckResult(True, "in (0) = done (0)")
    detail = (
        f"in ({counts.incoming}) = done ({counts.done}) + quarantined ({counts.quarantined}) "
        f"+ written off ({counts.written_off}) + in flight ({counts.in_flight}) "
        f"+ duplicate ({counts.duplicate})"
    )
    return StageCheckResult(counts.balances, detail)


def rows_equal(before: str) -> CheckFunction:
    """Every recording has as many rows here as the stage before gave it."""

    def question(day: CheckContext) -> StageCheckResult:
        given = {
            r.id: r.rows_out
            for r in stage_records.find(day.engine, stage=before, day=day.day, states=["done"])
        }
        done = [row for row in day.passages if row.state == "done"]
        odd = [row for row in done if row.rows_out != given.get(row.id)]
        evidence = tuple(
            make_evidence(
                day.stage,
                row,
                reason="rows_differ",
                expected=f"{given.get(row.id)} rows",
                found=f"{row.rows_out} rows",
            )
            for row in odd
        )
        in_quarantine = refused("tsv_differs", "rows_not_conserved", "tsv_changed")(day)
        total = sum(row.rows_out or 0 for row in done)
        detail = f"rows ({total}) = {before}'s, recordings that differ ({len(odd)}) must be 0"
        return StageCheckResult(
            not odd and in_quarantine.passed, detail, evidence + in_quarantine.evidence
        )

    return question


def nulls_conserved(day: CheckContext) -> StageCheckResult:
    """As many values are missing in the table as in the TSV."""
    done = [row for row in day.passages if row.state == "done"]
    odd = [row for row in done if row.measurements["nulls"] != row.measurements["stored_nulls"]]
    nulls = sum(row.measurements["nulls"] for row in done)
    evidence = tuple(make_evidence(day.stage, row, reason="nulls_differ") for row in odd)
    return StageCheckResult(
        not odd,
        f"nulls ({nulls}) = store's, recordings that differ ({len(odd)}) must be 0",
        evidence,
    )
