"""The likely cause of a stage's refusals: which attribute they share, asked of the ledger."""

from sqlalchemy import Engine

from dataflow_health.health.cause import Case, explain
from dataflow_health.health.trouble import Trouble
from dataflow_health.storage import cases
from dataflow_health.storage.stages import STAGES


def likely(engine: Engine, trouble: Trouble) -> str:
    """What clearly explains a cause, with its numbers; empty when nothing does.

    Everything that passed the stage on the days concerned is compared, refused for this cause or
    not.

    Raises:
        DatabaseFault: The ledger does not answer.
    """
    if trouble.process not in STAGES or not trouble.days:
        return ""
    days = [day.isoformat() for day in trouble.days]
    failing = {card.recording_id for card in trouble.examples}
    found = [
        Case(
            failed=trouble.cause in row["reasons"] or row["id"] in failing,
            attributes=row["attributes"],
        )
        for row in cases.read(engine, trouble.process, days)
    ]
    explained = explain(found)
    return str(explained) if explained else ""
