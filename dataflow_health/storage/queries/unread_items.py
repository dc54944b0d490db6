"""Recordings and archives of which it is not known yet what they hold of flights."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row, select

from dataflow_health.health.recorded_flight import UnreadItem
from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.queries import readiness
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

_STAGES = ("parse", "compress", "store")
"""Stages of a recording up to the one that measures its flight."""


def read(engine: Engine, known: Collection[str]) -> Mapping[str, Sequence[UnreadItem]]:
    """What is in work or in quarantine and may hold a flight, by aircraft.

    Args:
        engine: Database of the ledger.
        known: Recordings whose flight is known, though they are stored again.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    statement = (
        select(
            recording.c.id, recording.c.tail, recording.c.recorder, recording.c.named_started_at,
            recording.c.arrived_at, work.c.stage, work.c.state, work.c.reason,
        )
        .join(recording, recording.c.id == work.c.recording_id)
    )  # fmt: skip
    conditions = day_counts.conditions(engine, NOT_DONE, work, _STAGES)
    rows = [row for each in conditions for row in fetch(engine, statement.where(each))]
    found: dict[str, list[UnreadItem]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: (each.arrived_at, each.id)):
        if row.id not in known:
            found[row.tail].append(_item(row))
    for tail, items in readiness.open_archives(engine).items():
        found[tail] += [
            UnreadItem(each.id, _state(each.state, each.stage, each.reason), None, each.arrived_at)
            for each in items
        ]
    return found


def _item(row: Row[Any]) -> UnreadItem:
    state = _state(row.state, row.stage, row.reason)
    return UnreadItem(row.id, state, row.named_started_at, row.arrived_at, row.recorder)


def _state(state: str, stage: str, reason: str | None) -> str:
    if state != "quarantined":
        return f"in work at {stage}"
    return f"in quarantine at {stage} ({reason})" if reason else f"in quarantine at {stage}"
