"""The likely cause of a stage's refusals: which attribute they share, asked of the ledger."""

from sqlalchemy import Engine

from dataflow_health.alerting.common_factor import StageSample, find_common_factor
from dataflow_health.health.problem import Problem
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import failure_samples


def likely_cause(engine: Engine, trouble: Problem) -> str:
    """What clearly explains a cause, with its numbers; empty when nothing does.

    Compared is everything that passed the stage on the days concerned, refused for this cause or
    not: first what landed since the first failure did, as what was sound before is no defence of
    what changed; then, if that tells nothing, all of it.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    if trouble.process not in STAGES or not trouble.days:
        return ""
    days = [day.isoformat() for day in trouble.days]
    failing = {item.recording_id for item in trouble.examples}
    rows = failure_samples.read(engine, trouble.process, days)
    failed = {r.id for r in rows if trouble.cause in r.reasons or r.id in failing}
    first_at = min((row.arrived_at for row in rows if row.id in failed), default=None)
    if first_at is None:
        return ""
    cases_of = [(row.arrived_at, StageSample(row.id in failed, row.attributes)) for row in rows]
    since = find_common_factor([case for at, case in cases_of if at >= first_at])
    explained = since or find_common_factor([case for _, case in cases_of])
    return str(explained) if explained else ""
