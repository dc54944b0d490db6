"""Everything that passed a stage on some days, with what is known of where it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from dataflow_health.storage.ledger.ledger import Row, rows
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES
from dataflow_health.storage.sql import tables


def read(engine: Engine, stage: str, days: Sequence[str]) -> list[Mapping[str, Any]]:
    """Settled things of a stage: ``id, arrived_at``, ``reasons`` against it, ``attributes``."""
    read_one = _archives if stage in ARCHIVE_STAGES else _recordings
    return [
        {
            "id": row["id"],
            "arrived_at": row["arrived_at"],
            "reasons": _reasons(row),
            "attributes": _attributes(row),
        }
        for row in rows(engine, read_one(stage, days))
    ]


def _reasons(row: Row) -> set[str]:
    """Why it was refused, or what was remarked of it."""
    if row["state"] != "done":
        return {row["reason"]}
    return {remark["check"] for remark in (row["facts"] or {}).get("remarks", ())}


def _attributes(row: Row) -> dict[str, str]:
    told = {
        "tail": row.get("tail"),
        "recorder": row.get("recorder"),
        "layout": row.get("layout"),
        "code_version": row["code_version"],
        "source": row["source"],
        "archive": row.get("archive"),
        "hour": f"{row['arrived_at']:%Y-%m-%d %H}h UTC",
        "firmware": (row.get("parsed") or {}).get("software_version"),
    }
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


def _archives(stage: str, days: Sequence[str]) -> Any:  # noqa: ANN401  (a Select of these columns)
    work, archive = tables.archive_stage, tables.archive
    return (
        select(
            archive.c.id, archive.c.source, archive.c.arrived_at,
            work.c.state, work.c.reason, work.c.code_version, work.c.facts,
        )
        .join(archive, work.c.archive_id == archive.c.id)
        .where(work.c.stage == stage, work.c.arrival_day.in_(days))
        .where(work.c.state.in_(("done", "quarantined", "written_off")))
    )  # fmt: skip


def _recordings(stage: str, days: Sequence[str]) -> Any:  # noqa: ANN401
    """What parse found in a recording, as its firmware, explains what fails in later stages too."""
    work, recording, archive = tables.recording_stage, tables.recording, tables.archive
    parsed = work.alias("parsed")
    at_parse = (parsed.c.recording_id == recording.c.id) & (parsed.c.stage == "parse")
    return (
        select(
            recording.c.id, recording.c.tail, recording.c.recorder, recording.c.layout,
            recording.c.arrived_at, archive.c.name.label("archive"), archive.c.source,
            work.c.state, work.c.reason, work.c.code_version, work.c.facts,
            parsed.c.facts.label("parsed"),
        )
        .join(recording, work.c.recording_id == recording.c.id)
        .outerjoin(archive, recording.c.archive_id == archive.c.id)
        .outerjoin(parsed, at_parse)
        .where(work.c.stage == stage, work.c.arrival_day.in_(days))
        .where(work.c.state.in_(("done", "quarantined", "written_off")))
    )  # fmt: skip
