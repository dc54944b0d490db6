"""What load asserts besides."""

from sqlalchemy import func, select

from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check_day import CheckContext, StageCheckResult, make_evidence
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.queries.slo_events import first_download_at
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def rows_landed(day: CheckContext) -> StageCheckResult:
    """As many answers and findings are in SQL as were made."""
    table = tables.algorithm_run
    landed = (
        select(
            table.c.recording_id,
            func.count().label("runs"),
        )
        .where(table.c.arrival_day == day.day)
        .group_by(table.c.recording_id)
    )
    runs = {row.recording_id: row.runs for row in fetch(day.engine, landed)}
    finding = tables.finding
    counted = (
        select(finding.c.recording_id, func.count().label("n"))
        .join(tables.recording, tables.recording.c.id == finding.c.recording_id)
        .where(tables.recording.c.arrival_day == day.day)
        .group_by(finding.c.recording_id)
    )
    found = {row.recording_id: row.n for row in fetch(day.engine, counted)}
    made = stage_records.find(day.engine, stage="analyse", day=day.day, states=["done"])
    loaded = {row.id for row in day.passages if row.state == "done"}
    odd = [
        row
        for row in made
        if row.id in loaded
        and (
            found.get(row.id, 0) != row.measurements["findings"]
            or runs.get(row.id, 0) != row.rows_out
        )
    ]
    evidence = tuple(
        make_evidence(
            day.stage,
            row,
            reason="rows_differ",
            expected=f"{row.measurements['findings']} findings",
            found=f"{found.get(row.id, 0)} rows",
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
    ((count,),) = fetch(day.engine, missing)
    return StageCheckResult(count == 0, f"answers without upload time ({count}) must be 0")


def landing_to_sql_age(day: CheckContext) -> StageCheckResult:
    """Judged for what arrived since the first download; what lay there before is history."""
    since = first_download_at(day.engine)
    slowest: dict[str, float] = {}
    for row in day.passages:
        if row.state == "done" and since is not None and row.arrived_at >= since:
            age_s = row.measurements.get("age_s", 0.0)
            slowest[row.tail] = max(age_s, slowest.get(row.tail, 0.0))
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
