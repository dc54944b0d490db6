"""State of findings as people judged them, kept beside the findings so that an index has it."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks
from dataflow_health.storage.sql.views import judgement

NEW = "new"
"""State of a finding without a judgement."""

_finding, _triage = tables.finding, tables.finding_triage


def judged(connection: Connection, recording_ids: Sequence[str]) -> list[str]:
    """Those of some recordings in which a person judged a finding.

    Args:
        connection: An open transaction, in which the findings of the recordings are replaced: a
            judgement at the same time waits for their rows.
        recording_ids: The recordings.
    """
    statement = select(_triage.c.recording_id).distinct()
    return [
        id_
        for chunk in chunks(recording_ids)
        for id_ in connection.scalars(statement.where(_triage.c.recording_id.in_(chunk)))
    ]


def renew(connection: Connection, day: str, recording_ids: Sequence[str]) -> None:
    """Gives the findings of some recordings the state of their judgements.

    Args:
        connection: An open transaction.
        day: Arrival day of the recordings.
        recording_ids: The recordings.
    """
    state = select(_triage.c.state).where(judgement(_finding, _triage)).scalar_subquery()
    statement = update(_finding).values(state=func.coalesce(state, NEW))
    of_day = statement.where(_finding.c.arrival_day == day)
    for chunk in chunks(recording_ids):
        connection.execute(of_day.where(_finding.c.recording_id.in_(chunk)))
