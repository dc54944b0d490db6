"""What must be as much here as it was before: things, rows and nulls."""

from dataflow_health.stages.checks.check_day import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    make_evidence,
)
from dataflow_health.stages.checks.refusals import refused
from dataflow_health.storage.ledger import ledger


def conservation(day: CheckContext) -> StageCheckResult:
    """What came in is done, quarantined, written off, in flight or a duplicate."""
    accounts = ledger.accounts(day.engine, day.day)
    account = next((a for a in accounts if a.stage == day.stage), None)
    if account is None:
        return StageCheckResult(True, "in (0) = done (0)")
    detail = (
        f"in ({account.incoming}) = done ({account.done}) + quarantined ({account.quarantined}) "
        f"+ written off ({account.written_off}) + in flight ({account.in_flight}) "
        f"+ duplicate ({account.duplicate})"
    )
    return StageCheckResult(account.balances, detail)


def rows_equal(before: str) -> CheckFunction:
    """Every recording has as many rows here as the stage before gave it."""

    def question(day: CheckContext) -> StageCheckResult:
        given = {
            r["recording_id"]: r["rows_out"]
            for r in ledger.passages(day.engine, before, day.day, ["done"])
        }
        done = [row for row in day.passages if row["state"] == "done"]
        odd = [row for row in done if row["rows_out"] != given.get(row["recording_id"])]
        evidence = tuple(
            make_evidence(
                day.stage,
                row,
                reason="rows_differ",
                expected=f"{given.get(row['recording_id'])} rows",
                found=f"{row['rows_out']} rows",
            )
            for row in odd
        )
        in_quarantine = refused("tsv_differs", "rows_not_conserved", "tsv_changed")(day)
        total = sum(row["rows_out"] for row in done)
        detail = f"rows ({total}) = {before}'s, recordings that differ ({len(odd)}) must be 0"
        return StageCheckResult(
            not odd and in_quarantine.passed, detail, evidence + in_quarantine.evidence
        )

    return question


def nulls_conserved(day: CheckContext) -> StageCheckResult:
    """As many values are missing in the table as in the TSV."""
    done = [row for row in day.passages if row["state"] == "done"]
    odd = [row for row in done if row["facts"]["nulls"] != row["facts"]["stored_nulls"]]
    nulls = sum(row["facts"]["nulls"] for row in done)
    evidence = tuple(make_evidence(day.stage, row, reason="nulls_differ") for row in odd)
    return StageCheckResult(
        not odd,
        f"nulls ({nulls}) = store's, recordings that differ ({len(odd)}) must be 0",
        evidence,
    )
