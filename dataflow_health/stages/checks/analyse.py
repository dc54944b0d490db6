"""Checks of analyse: every recording has a result, some algorithm applies, findings as usual."""

from collections.abc import Sequence

from sqlalchemy import func, select

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.algorithms.coverage import result_coverage
from dataflow_health.health.settled_evidence import EVIDENCE_LIMIT
from dataflow_health.stages import result_files
from dataflow_health.stages.checks.check import CheckContext, StageCheckResult, make_evidence
from dataflow_health.stages.checks.quarantine import no_other_refusals
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

RATE_FACTOR = 10.0
"""A day with more than this many times the usual findings per recording fails."""
RATE_RECORDINGS = 20
"""Earlier recordings that are needed to know the usual rate."""


def every_recording_analysed(context: CheckContext) -> StageCheckResult:
    """Every recording that a run took up has all its results; none failed, and none was refused.

    A recording that no run has taken up since it was put before the stage, such as one that was
    replayed while this run went on, merely waits; that it moves is the check ``work_moves``.
    """
    failed = [
        (record, name)
        for record in context.records
        for name in record.measurements.get("failed", [])
        if record.state in {"done", "waiting"}
    ]
    unfinished = [record for record in context.records if record.state in UNFINISHED]
    taken_up = [record for record in unfinished if record.attempts]
    evidence = tuple(
        make_evidence(context.stage, record, reason="algorithm_failed", found=name, part=name)
        for record, name in _each_algorithm_first(failed)
    )
    evidence += tuple(
        make_evidence(context.stage, record, reason="not_analysed") for record in taken_up
    )
    refused = no_other_refusals()(context)
    detail = (
        f"recordings not analysed ({len(taken_up)}) and failed results ({len(failed)}) must be 0"
    )
    if len(unfinished) > len(taken_up):
        detail = f"{detail}; {len(unfinished) - len(taken_up)} wait for the next run"
    if not refused.passed:
        detail = f"{detail}; {refused.detail}"
    passed = not failed and not taken_up and refused.passed
    return StageCheckResult(passed, detail, evidence + refused.evidence)


def _each_algorithm_first(
    failed: Sequence[tuple[StageRecord, str]],
) -> list[tuple[StageRecord, str]]:
    """The failures, one of every algorithm before the rest: only the first few are saved."""
    first: dict[str, int] = {}
    for position, (_, name) in enumerate(failed):
        first.setdefault(name, position)
    positions = sorted(range(len(failed)), key=lambda at: first[failed[at][1]] != at)
    return [failed[at] for at in positions]


def algorithms_apply(context: CheckContext) -> StageCheckResult:
    """At least one algorithm applies to every recording, else its results say nothing."""
    silent = [record for record in context.done if _is_silent(record)]
    kinds: dict[tuple[str, str, str | None], str] = {}
    evidence = []
    for record in silent[:EVIDENCE_LIMIT]:
        kind = (record.tail, record.recorder, record.layout)
        if kind not in kinds:
            kinds[kind] = _describe_coverage(context, record)
        evidence.append(
            make_evidence(
                context.stage,
                record,
                reason="no_algorithm_applies",
                expected="at least one algorithm that applies",
                found=kinds[kind],
            )
        )
    detail = f"recordings to which no algorithm applies ({len(silent)}) must be 0"
    details = [detail, *list(kinds.values())[:1]]
    return StageCheckResult(not silent, "; ".join(details), tuple(evidence))


def _is_silent(record: StageRecord) -> bool:
    outcomes = record.measurements.get("outcomes", {})
    return bool(outcomes) and outcomes.keys() <= {"not_applicable"}


def _describe_coverage(context: CheckContext, record: StageRecord) -> str:
    """Sentence with the parameters that a recording's algorithms lack, as far as they are kept."""
    subject = f"{record.tail} ({record.layout or record.recorder})"
    try:
        table = result_files.read(context.lake, record.output_path, record.output_digest or "")
    except RecordingRefused:
        total = record.measurements["outcomes"]["not_applicable"]
        return f"0 of {total} algorithms apply to {subject}; its results cannot be read"
    columns = (table[name].to_pylist() for name in ("algorithm", "outcome", "reason"))
    return result_coverage(zip(*columns, strict=True)).describe(subject)


def finding_rate_in_band(context: CheckContext) -> StageCheckResult:
    """Findings per recording are at most :data:`RATE_FACTOR` times those of all earlier days."""
    table = tables.algorithm_run
    rate = select(
        func.count(table.c.recording_id.distinct()).label("recordings"),
        func.coalesce(func.sum(table.c.findings), 0).label("findings"),
    ).where(table.c.arrival_day < context.day)
    (past,) = fetch(context.engine, rate)
    done = context.done
    findings = sum(record.measurements["findings"] for record in done)
    if past.recordings < RATE_RECORDINGS or not done:
        detail = f"{findings} findings in {len(done)} recordings; too few days to compare"
        return StageCheckResult(True, detail)
    usual = max(past.findings / past.recordings, 1 / past.recordings)
    today = findings / len(done)
    detail = f"findings per recording ({today:.2f}) <= {RATE_FACTOR:g} times the usual {usual:.2f}"
    return StageCheckResult(today <= RATE_FACTOR * usual, detail)
