"""Repairs a kept archive whose bytes are missing or damaged, when the same bytes arrive again."""

from loguru import logger
from sqlalchemy import select

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files import integrity
from dataflow_health.storage.ledger import ledger, removable_files, stage_records
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import scrub_damage
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch

REQUEUED = STAGES[:3]
"""Stages that read an archive or the recordings in it."""


def repair(deps: Dependencies, archive_id: str, content: bytes) -> bool:
    """Keeps an archive's bytes again if they rotted, and requeues what was refused for them.

    So are those that retention removed. A repair that died between the two is completed when the
    bytes arrive once more.

    Args:
        deps: What every stage works with.
        archive_id: SHA-256 of the archive, which the ledger knows.
        content: Its bytes, as they arrived again.

    Returns:
        Whether the archive needed repair.

    Raises:
        StorageError: The lake cannot be read or written.
        DatabaseError: The ledger does not answer.
    """
    table = tables.archive
    [kept] = fetch(deps.engine, select(table).where(table.c.id == archive_id))
    try:
        integrity.read_file(deps.lake, kept.path, archive_id, ArchiveRefused)
    except ArchiveRefused as refusal:
        logger.warning("repaired by the bytes that arrived again: {}", refusal)
        deps.lake.write(kept.path, content)
        removable_files.mark_kept(deps.engine, archive_id)
        needed_repair = True
    else:
        needed_repair = False
    scrub_damage.remove(deps.engine, [(STAGES[0], kept.path, archive_id)])
    _requeue(deps, archive_id, kept.arrival_day)
    return needed_repair


def _requeue(deps: Dependencies, archive_id: str, day: str) -> None:
    """Puts the archive and its recordings before the stages that refused them for their bytes."""
    table = tables.recording
    rows = fetch(deps.engine, select(table.c.id).where(table.c.archive_id == archive_id))
    own = {archive_id, *(row.id for row in rows)}
    refused = [
        each
        for stage in REQUEUED
        for each in stage_records.find(deps.engine, stage=stage, day=day, states=["quarantined"])
        if each.id in own and each.reason in integrity.INPUT_REASONS
    ]
    with writing(deps.engine) as connection:
        for each in refused:
            ledger.hand_over(connection, each.stage, day, [each.id], deps.clock(), repeat=[each.id])
