"""Items that a stage finished, with their refusals, warnings, and attributes like the aircraft."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row, Select, select

from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.ledger.states import ENDED
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch


class FailureSample(NamedTuple):
    """One archive or recording that a stage finished, sound or not.

    Attributes:
        id: Archive or recording id.
        arrived_at: When it arrived, UTC.
        reasons: Reason codes of its refusal, or the checks that warned about it.
        attributes: Where it came from, by name: aircraft, recorder, layout, firmware and others.
    """

    id: str
    arrived_at: datetime
    reasons: frozenset[str]
    attributes: Mapping[str, str]


def read(engine: Engine, stage: str, days: Sequence[str]) -> list[FailureSample]:
    """Items that a stage finished on the given arrival days.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = _archives(stage, days) if stage in ARCHIVE_STAGES else _recordings(stage, days)
    return [
        FailureSample(row.id, row.arrived_at, _reasons(row), _attributes(row))
        for row in fetch(engine, statement)
    ]


def _reasons(row: Row[Any]) -> frozenset[str]:
    if row.state != "done":
        return frozenset({row.reason})
    return frozenset(remark["check"] for remark in row.measurements.get("remarks", ()))


def _attributes(row: Row[Any]) -> dict[str, str]:
    known = {
        "tail": getattr(row, "tail", None),
        "recorder": getattr(row, "recorder", None),
        "layout": getattr(row, "layout", None),
        "code_version": row.code_version,
        "source": row.source,
        "archive": getattr(row, "archive", None),
        "hour": f"{row.arrived_at:%Y-%m-%d %H}h UTC",
        "firmware": (getattr(row, "parsed", None) or {}).get("software_version"),
    }
    return {name: str(value) for name, value in known.items() if value not in (None, "")}


def _archives(stage: str, days: Sequence[str]) -> Select[Any]:
    work, archive = tables.archive_stage, tables.archive
    return (
        select(
            archive.c.id, archive.c.source, archive.c.arrived_at,
            work.c.state, work.c.reason, work.c.code_version, work.c.measurements,
        )
        .join(archive, work.c.archive_id == archive.c.id)
        .where(work.c.stage == stage, work.c.arrival_day.in_(days), work.c.state.in_(ENDED))
    )  # fmt: skip


def _recordings(stage: str, days: Sequence[str]) -> Select[Any]:
    """Includes the measurements of parse: firmware explains failures of later stages too."""
    work, recording, archive = tables.recording_stage, tables.recording, tables.archive
    parsed = work.alias("parsed")
    at_parse = (parsed.c.recording_id == recording.c.id) & (parsed.c.stage == "parse")
    return (
        select(
            recording.c.id, recording.c.tail, recording.c.recorder, recording.c.layout,
            recording.c.arrived_at, archive.c.name.label("archive"), archive.c.source,
            work.c.state, work.c.reason, work.c.code_version, work.c.measurements,
            parsed.c.measurements.label("parsed"),
        )
        .join(recording, work.c.recording_id == recording.c.id)
        .outerjoin(archive, recording.c.archive_id == archive.c.id)
        .outerjoin(parsed, at_parse)
        .where(work.c.stage == stage, work.c.arrival_day.in_(days), work.c.state.in_(ENDED))
    )  # fmt: skip
