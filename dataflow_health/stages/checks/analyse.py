"""What analyse asserts besides."""

from collections.abc import Sequence

from sqlalchemy import func, select

from dataflow_health.stages.checks.check_day import CheckContext, StageCheckResult, make_evidence
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import UNFINISHED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

RATE_FACTOR = 10.0
"""A day with this many times the findings per recording of all days before is unusual."""
RATE_RECORDINGS = 20
"""Recordings before the usual rate means anything."""


def every_recording_answered(day: CheckContext) -> StageCheckResult:
    """Every algorithm answered every recording, and none broke."""
    failed = [
        (row, name)
        for row in day.passages
        for name in row.measurements.get("failed", [])
        if row.state in {"done", "waiting"}
    ]
    waiting = [row for row in day.passages if row.state in UNFINISHED]
    evidence = tuple(
        make_evidence(day.stage, row, reason="algorithm_failed", found=name, part=name)
        for row, name in _each_first(failed)
    )
    evidence += tuple(make_evidence(day.stage, row, reason="not_answered") for row in waiting)
    detail = f"unanswered ({len(waiting)}) and failed answers ({len(failed)}) must be 0"
    return StageCheckResult(not failed and not waiting, detail, evidence)


def _each_first(failed: Sequence[tuple[StageRecord, str]]) -> list[tuple[StageRecord, str]]:
    """One of every algorithm before the rest, since only the first evidence are kept."""
    first = {each[1]: at for at, each in reversed(tuple(enumerate(failed)))}
    return sorted(failed, key=lambda each: failed[first[each[1]]] is not each)


def finding_rate_in_band(day: CheckContext) -> StageCheckResult:
    """The day has not many times the findings of all days before."""
    table = tables.algorithm_run
    rate = select(
        func.count(table.c.recording_id.distinct()).label("recordings"),
        func.coalesce(func.sum(table.c.findings), 0).label("findings"),
    ).where(table.c.arrival_day < day.day)
    (past,) = fetch(day.engine, rate)
    done = [row for row in day.passages if row.state == "done"]
    found = sum(row.measurements["findings"] for row in done)
    if past.recordings < RATE_RECORDINGS or not done:
        return StageCheckResult(
            True, f"{found} findings in {len(done)} recordings; too few days to compare"
        )
    usual = max(past.findings / past.recordings, 1 / past.recordings)
    here = found / len(done)
    detail = f"findings per recording ({here:.2f}) <= {RATE_FACTOR:g} times the usual {usual:.2f}"
    return StageCheckResult(here <= RATE_FACTOR * usual, detail)
