"""Checks of analyse: every recording has a result, and findings are about as frequent as usual."""

from collections.abc import Sequence

from sqlalchemy import func, select

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
