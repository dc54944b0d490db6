"""Likely cause of refusals in a stage: the attribute they share, from the ledger's records."""

from sqlalchemy import Engine

from dataflow_health.alerting.common_factor import StageSample, find_common_factor
from dataflow_health.health.problem import Problem
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import failure_samples


def likely_cause(engine: Engine, problem: Problem) -> str:
    """Common factor of a problem's failures with its numbers; empty when none stands out.

    Compared are all items that passed through the stage on the days concerned. Items that arrived
    since the first failure come first, because earlier sound ones say nothing about a change; all
    items follow when the first comparison finds nothing.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    if problem.process not in STAGES or not problem.days:
        return ""
    rows = failure_samples.read(engine, problem.process, [d.isoformat() for d in problem.days])
    examples = {item.recording_id for item in problem.examples}
    failed = {row.id for row in rows if problem.cause in row.reasons or row.id in examples}
    first_at = min((row.arrived_at for row in rows if row.id in failed), default=None)
    if first_at is None:
        return ""
    samples = [(row.arrived_at, StageSample(row.id in failed, row.attributes)) for row in rows]
    factor = find_common_factor([sample for at, sample in samples if at >= first_at])
    factor = factor or find_common_factor([sample for _, sample in samples])
    return str(factor) if factor else ""
