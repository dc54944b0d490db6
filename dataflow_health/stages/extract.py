"""Stage 2, extract: unpacks archives, identifies recordings, and finds duplicates.

Every member of every archive gets a row: a recording, a duplicate, something else (such as a text
file of the card), or refused. A refused member puts its archive in quarantine; its other members
go on.
"""

import json
import pickle
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from dataflow_health.errors import ArchiveRefused
from dataflow_health.flight.recorder import Recorder
from dataflow_health.stages import archive_reader
from dataflow_health.stages.archive_reader import MemberReply, RecordingReply
from dataflow_health.stages.identification import near_matches
from dataflow_health.stages.reidentification import take_over
from dataflow_health.stages.runner import process_pending
from dataflow_health.stages.safe_zip import Limits
from dataflow_health.stages.stage import (
    Dependencies,
    StageRequest,
    StageSummary,
    WorkerDependencies,
    work_folder,
)
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, pending
from dataflow_health.storage.ledger.ledger import StageOutput
from dataflow_health.storage.ledger.pending import PendingArchive
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, insert_new, upsert
from dataflow_health.storage.sql.text import storable

STAGE = "extract"
CODE_VERSION = "2"
DESCRIPTION = "Recordings found inside the archives, each once; refused members stay in quarantine."
KINDS = frozenset({"zip", "python"})
UNKNOWN_TAIL = "unknown"
SHOWN_MEMBERS = 5
COMPARED_MEMBERS = 200
"""Members whose names are compared with the recorders' patterns, each in many steps."""
SHOWN_RECORDERS = 3
"""Members and nearly matching recorders named when an archive has no recording."""


def run(deps: Dependencies, request: StageRequest, *, limits: Limits) -> StageSummary:
    """Extracts the day's archives.

    Args:
        deps: What the stage works with.
        request: Day and scope.
        limits: Limits of an archive.

    Raises:
        StorageError: Bytes cannot be read or kept.
        SandboxError: No child process can be started to open archives in.
        DatabaseError: The ledger does not answer.
    """
    version = code_version(deps.catalogue.recorders)
    recorders = pickle.dumps(deps.catalogue.recorders)
    archives = pending.archives(
        deps.engine,
        STAGE,
        request.day,
        lambda _archive: version,
        force=request.force,
        only=request.only,
    )
    deps.lake.remove_folder(work_folder(STAGE, request.day))
    return process_pending(
        STAGE,
        archives,
        lambda _archive: version,
        partial(_extract, deps.of_worker, recorders, limits),
        deps,
        request,
        partial(_record_members, deps),
    )


def code_version(recorders: Mapping[str, Recorder]) -> str:
    """Version of this code and of all recorders, so that a new recorder extracts archives again."""
    declared = {name: recorder.model_dump(mode="json") for name, recorder in recorders.items()}
    return f"{CODE_VERSION}-{sha256(json.dumps(declared, sort_keys=True).encode())[:8]}"


class ExtractedArchive(NamedTuple):
    """What is in an archive; its recordings are in the lake.

    Attributes:
        size_bytes: Size of the archive.
        members: Its members.
    """

    size_bytes: int
    members: Sequence[MemberReply]


def _extract(
    deps: WorkerDependencies, recorders: bytes, limits: Limits, archive: PendingArchive
) -> ExtractedArchive:
    with (
        integrity.local_copy(deps.lake, archive.path, archive.id, ArchiveRefused) as local,
        deps.lake.workplace(work_folder(STAGE, archive.arrival_day)) as folder,
    ):

        def keep(member: MemberReply) -> MemberReply:
            if member.recording:
                _keep(deps, archive, member.recording, folder)
            return member

        extracted = deps.sandbox.run(
            archive_reader.read,
            *(local, archive.path, archive.id, archive.name, recorders, limits, folder),
            item=MemberReply,
            handle=keep,
            refusal=ArchiveRefused,
            subject=archive.name,
        )
        size_bytes = local.stat().st_size
    if not extracted:
        raise ArchiveRefused("empty_archive", "a zip with no file inside")
    return ExtractedArchive(size_bytes, extracted)


def _record_members(
    deps: Dependencies, archive: PendingArchive, found: ExtractedArchive
) -> StageOutput:
    """Writes members and recordings to the ledger; refuses an archive with a refused member."""
    extracted = found.members
    outcomes = _record(deps, archive, extracted)
    _refuse_bad_archive(deps.catalogue.recorders, archive, extracted, outcomes)
    ids = sorted(each.recording.id if each.recording else "" for each in extracted)
    return StageOutput(
        bytes_in=found.size_bytes,
        bytes_out=sum(member.size_bytes for member in extracted),
        rows_in=len(extracted),
        rows_out=outcomes.count("recording"),
        output_digest=sha256("".join(ids).encode()),
        measurements={outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
    )


def _keep(
    deps: WorkerDependencies, archive: PendingArchive, recording: RecordingReply, folder: Path
) -> None:
    """Moves the bytes of a recording into the lake."""
    tail = recording.tail or UNKNOWN_TAIL
    target = partition_path(arrival_day=archive.arrival_day, tail=tail)
    deps.lake.adopt(folder / recording.file, f"{STAGE}/{target}/{recording.id}.rdf")


def _record(
    deps: Dependencies, archive: PendingArchive, extracted: Sequence[MemberReply]
) -> list[str]:
    """Writes recordings and members to the ledger in one transaction.

    Returns:
        Outcome of each member.
    """
    with writing(deps.engine) as connection:
        owners = _insert_recordings(connection, archive, extracted, deps.clock())
        outcomes = [_outcome(archive, each, owners) for each in extracted]
        members = list(zip(extracted, outcomes, strict=True))
        rows = [_member_row(archive, each, outcome) for each, outcome in members]
        upsert(connection, tables.member, rows)
        ids = [
            each.recording.id
            for each, outcome in members
            if each.recording and outcome == "recording"
        ]
        ledger.hand_over(connection, "parse", archive.arrival_day, ids, deps.clock())
    return outcomes


def _insert_recordings(
    connection: Connection,
    archive: PendingArchive,
    extracted: Sequence[MemberReply],
    at: datetime,
) -> Mapping[str, tuple[str, str]]:
    """Inserts recordings that are new or were refused under another name.

    Returns:
        Archive and member of each one's first arrival, or of its take-over, by id.
    """
    rows = [_recording_row(archive, each, each.recording) for each in extracted if each.recording]
    insert_new(connection, tables.recording, rows)
    for row in rows:
        take_over(connection, row, at)
    table = tables.recording
    return {
        first.id: (first.archive_id, first.member)
        for row in rows
        for first in connection.execute(select(table).where(table.c.id == row["id"]))
    }


def _outcome(
    archive: PendingArchive, extracted: MemberReply, owners: Mapping[str, tuple[str, str]]
) -> str:
    if extracted.refusal is not None:
        return "refused"
    if extracted.recording is None:
        return "other"
    is_first = owners[extracted.recording.id] == (archive.id, extracted.path)
    return "recording" if is_first else "duplicate"


def _recording_row(
    archive: PendingArchive, member: MemberReply, recording: RecordingReply
) -> Values:
    return {
        "id": recording.id,
        "archive_id": archive.id,
        "member": member.path,
        "recorder": recording.recorder,
        "layout": recording.layout,
        "tail": recording.tail or UNKNOWN_TAIL,
        "named_tail": recording.archive_tail,
        "named_started_at": recording.started_at,
        "size_bytes": member.size_bytes,
        "arrival_day": archive.arrival_day,
        "arrived_at": archive.arrived_at,
    }


def _member_row(archive: PendingArchive, member: MemberReply, outcome: str) -> Values:
    refusal = member.refusal
    return {
        "archive_id": archive.id,
        "path": member.path,
        "arrival_day": archive.arrival_day,
        "outcome": outcome,
        "recording_id": member.recording.id if member.recording else None,
        "size_bytes": member.size_bytes,
        "detail": storable(f"{refusal.reason}: {refusal.detail}") if refusal else None,
    }


def _refuse_bad_archive(
    recorders: Mapping[str, Recorder],
    archive: PendingArchive,
    members: Sequence[MemberReply],
    outcomes: Sequence[str],
) -> None:
    refusals = [member.refusal for member in members if member.refusal]
    if refusals:
        raise refusals[0].refusal(ArchiveRefused)
    if not {"recording", "duplicate"} & set(outcomes):
        paths = [member.path for member in members]
        detail = f"no member of {archive.name} is a recording of a known recorder: "
        near = list(near_matches(archive.name, paths[:COMPARED_MEMBERS], recorders))
        shown = f"{detail}{', '.join(paths[:SHOWN_MEMBERS])}"
        detail = "; nearly matched ".join([shown, *near[:SHOWN_RECORDERS]])
        raise ArchiveRefused("no_recording", detail)
