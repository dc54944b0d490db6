"""What load asserts besides."""

from sqlalchemy import func, select

from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check_day import CheckContext, StageCheckResult, make_evidence
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.sql import tables


def rows_landed(day: CheckContext) -> StageCheckResult:
    """As many answers and findings are in SQL as were made."""
    table = tables.algorithm_run
    landed = (
        select(
            table.c.recording_id,
            func.count().label("runs"),
            func.sum(table.c.findings).label("told"),
        )
        .where(table.c.arrival_day == day.day)
        .group_by(table.c.recording_id)
    )
    runs = {row["recording_id"]: row for row in ledger.rows(day.engine, landed)}
    finding = tables.finding
    counted = (
        select(finding.c.recording_id, func.count().label("n"))
        .join(tables.recording, tables.recording.c.id == finding.c.recording_id)
        .where(tables.recording.c.arrival_day == day.day)
        .group_by(finding.c.recording_id)
    )
    found = {row["recording_id"]: row["n"] for row in ledger.rows(day.engine, counted)}
    made = ledger.passages(day.engine, "analyse", day.day, ["done"])
    loaded = {row["recording_id"] for row in day.passages if row["state"] == "done"}
    odd = [
        row
        for row in made
        if row["recording_id"] in loaded
        and (
            found.get(row["recording_id"], 0) != row["facts"]["findings"]
            or runs.get(row["recording_id"], {"runs": 0})["runs"] != row["rows_out"]
        )
    ]
    evidence = tuple(
        make_evidence(
            day.stage,
            row,
            reason="rows_differ",
            expected=f"{row['facts']['findings']} findings",
            found=f"{found.get(row['recording_id'], 0)} rows",
        )
        for row in odd
    )
    detail = (
        f"findings landed ({sum(found.values())}), recordings that differ ({len(odd)}) must be 0"
    )
    return StageCheckResult(not odd, detail, evidence)


def upload_times_present(day: CheckContext) -> StageCheckResult:
    """Every answer in SQL says when it was loaded."""
    table = tables.algorithm_run
    missing = select(func.count().label("n")).where(
        table.c.arrival_day == day.day, table.c.uploaded_at.is_(None)
    )
    count = ledger.rows(day.engine, missing)[0]["n"]
    return StageCheckResult(count == 0, f"answers without upload time ({count}) must be 0")


def landing_to_sql_age(day: CheckContext) -> StageCheckResult:
    """Judged for what arrived since the first download; what lay there before is history."""
    first = ledger.rows(day.engine, select(func.min(tables.archive.c.received_at).label("at")))
    since = first[0]["at"]
    slowest: dict[str, float] = {}
    for row in day.passages:
        if row["state"] == "done" and since is not None and row["arrived_at"] >= since:
            age_s = (row["facts"] or {}).get("age_s", 0.0)
            slowest[row["tail"]] = max(age_s, slowest.get(row["tail"], 0.0))
    limit_s = day.thresholds.late_after.total_seconds()
    late = {tail: age_s for tail, age_s in slowest.items() if age_s > limit_s}
    evidence = tuple(
        Evidence(
            stage=day.stage,
            reason="late",
            tail=tail,
            expected=f"{limit_s:.0f} s",
            found=f"{a:.0f} s",
        )
        for tail, a in sorted(late.items())
    )
    worst_s = max(slowest.values(), default=0.0)
    return StageCheckResult(
        not late, f"slowest landing to SQL ({worst_s:.0f} s) <= {limit_s:.0f} s", evidence
    )
