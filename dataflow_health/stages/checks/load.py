"""Checks of load: everything is in SQL, with its upload time, and soon enough."""

from collections.abc import Mapping

from sqlalchemy import func, select

from dataflow_health.health.observation import Evidence
from dataflow_health.stages.checks.check import CheckContext, StageCheckResult, make_evidence
from dataflow_health.stages.checks.quarantine import no_other_refusals
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.queries.slo_events import first_download_at
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


def rows_landed(context: CheckContext) -> StageCheckResult:
    """SQL holds as many results and findings of every recording as analyse made; none refused."""
    runs, findings = _runs_in_sql(context), _findings_in_sql(context)
    loaded = {record.id for record in context.done}
    analysed = stage_records.find(context.engine, stage="analyse", day=context.day, states=["done"])
    different = [
        record
        for record in analysed
        if record.id in loaded
        and (
            findings.get(record.id, 0) != record.measurements["findings"]
            or runs.get(record.id, 0) != record.rows_out
        )
    ]
    evidence = tuple(
        make_evidence(
            context.stage,
            record,
            reason="rows_differ",
            expected=f"{record.measurements['findings']} findings",
            found=f"{findings.get(record.id, 0)} rows",
        )
        for record in different
    )
    landed = sum(findings.values())
    refused = no_other_refusals()(context)
    detail = f"findings landed ({landed}), recordings that differ ({len(different)}) must be 0"
    if not refused.passed:
        detail = f"{detail}; {refused.detail}"
    passed = not different and refused.passed
    return StageCheckResult(passed, detail, evidence + refused.evidence)


def _runs_in_sql(context: CheckContext) -> Mapping[str, int]:
    """Number of algorithm runs by recording."""
    table = tables.algorithm_run
    counts = (
        select(table.c.recording_id, func.count().label("n"))
        .where(table.c.arrival_day == context.day)
        .group_by(table.c.recording_id)
    )
    return {row.recording_id: row.n for row in fetch(context.engine, counts)}


def _findings_in_sql(context: CheckContext) -> Mapping[str, int]:
    """Number of findings by recording."""
    finding, recording = tables.finding, tables.recording
    counts = (
        select(finding.c.recording_id, func.count().label("n"))
        .join(recording, recording.c.id == finding.c.recording_id)
        .where(recording.c.arrival_day == context.day, finding.c.arrival_day == context.day)
        .group_by(finding.c.recording_id)
    )
    return {row.recording_id: row.n for row in fetch(context.engine, counts)}


def upload_times_present(context: CheckContext) -> StageCheckResult:
    """Every result in SQL has the time at which it was loaded."""
    table = tables.algorithm_run
    missing = select(func.count().label("n")).where(
        table.c.arrival_day == context.day, table.c.uploaded_at.is_(None)
    )
    ((count,),) = fetch(context.engine, missing)
    return StageCheckResult(count == 0, f"results without upload time ({count}) must be 0")


def landing_to_sql_age(context: CheckContext) -> StageCheckResult:
    """Recordings reach SQL soon after landing.

    Only recordings that arrived since the first download count: what lay at the source before says
    nothing about the pipeline's speed.
    """
    since = first_download_at(context.engine)
    slowest: dict[str, float] = {}
    for record in context.done:
        if since is not None and record.arrived_at >= since:
            age_s = record.measurements.get("age_s", 0.0)
            slowest[record.tail] = max(age_s, slowest.get(record.tail, 0.0))
    limit_s = context.thresholds.late_after.total_seconds()
    evidence = tuple(
        Evidence(
            stage=context.stage,
            reason="late",
            tail=tail,
            expected=f"{limit_s:.0f} s",
            found=f"{age_s:.0f} s",
        )
        for tail, age_s in sorted(slowest.items())
        if age_s > limit_s
    )
    worst_s = max(slowest.values(), default=0.0)
    detail = f"slowest landing to SQL ({worst_s:.0f} s) <= {limit_s:.0f} s"
    return StageCheckResult(not evidence, detail, evidence)
