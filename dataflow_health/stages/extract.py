"""Stage 2, extract: unpacks archives, identifies recordings, and finds duplicates.

Every member of every archive gets a row: a recording, a duplicate, something else (such as a text
file of the card), or refused. A refused member puts its archive in quarantine; its other members
go on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from dataflow_health.errors import ArchiveRefused
from dataflow_health.flight.csv_log import decoder
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.stages import safe_zip
from dataflow_health.stages.identification import Identification, identify, near_matches
from dataflow_health.stages.item_fault import refuse_faults
from dataflow_health.stages.reidentification import take_over
from dataflow_health.stages.runner import process_pending
from dataflow_health.stages.safe_zip import Limits, Member
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
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
SHOWN_RECORDERS = 3
"""Members and nearly matching recorders named when an archive has no recording."""
LONGEST_TAIL = 32
"""Characters of the ledger's column; a longer one would be no name of a folder either."""


@dataclass(frozen=True, slots=True)
class _ExtractedMember:
    """A member of an archive after its bytes were kept.

    Attributes:
        member: The member.
        recording_id: SHA-256 of its bytes; None when it is no recording.
        identification: What the names say; None when it is no recording.
    """

    member: Member
    recording_id: str | None = None
    identification: Identification | None = None


def run(deps: Dependencies, request: StageRequest, *, limits: Limits) -> StageSummary:
    """Extracts the day's archives.

    Args:
        deps: What the stage works with.
        request: Day and scope.
        limits: Limits of an archive.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    version = code_version(deps.catalogue.recorders)
    archives = pending.archives(
        deps.engine,
        STAGE,
        request.day,
        lambda _archive: version,
        force=request.force,
        only=request.only,
    )
    return process_pending(
        STAGE,
        archives,
        lambda _archive: version,
        lambda archive: _extract(deps, archive, limits),
        deps,
        request,
    )


def code_version(recorders: Mapping[str, Recorder]) -> str:
    """Version of this code and of all recorders, so that a new recorder extracts archives again."""
    declared = {name: recorder.model_dump(mode="json") for name, recorder in recorders.items()}
    return f"{CODE_VERSION}-{sha256(json.dumps(declared, sort_keys=True).encode())[:8]}"


def _extract(deps: Dependencies, archive: PendingArchive, limits: Limits) -> StageOutput:
    content = integrity.read_file(deps.lake, archive.path, archive.id, ArchiveRefused)
    members = list(safe_zip.members(content, limits))
    if not members:
        raise ArchiveRefused("empty_archive", "a zip with no file inside")
    extracted = [_keep_or_refuse(deps, archive, member) for member in members]
    outcomes = _record(deps, archive, extracted)
    _refuse_bad_archive(deps.catalogue.recorders, archive, extracted, outcomes)
    ids = sorted(each.recording_id or "" for each in extracted)
    return StageOutput(
        bytes_in=len(content),
        bytes_out=sum(member.size_bytes for member in members),
        rows_in=len(members),
        rows_out=outcomes.count("recording"),
        output_digest=sha256("".join(ids).encode()),
        measurements={outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
    )


def _keep_or_refuse(
    deps: Dependencies, archive: PendingArchive, member: Member
) -> _ExtractedMember:
    """Keeps a member; a fault that it causes refuses it alone."""
    try:
        with refuse_faults(ArchiveRefused, member.path):
            return _keep(deps, archive, member)
    except ArchiveRefused as refusal:
        return _ExtractedMember(replace(member, content=None, refusal=refusal))


def _keep(deps: Dependencies, archive: PendingArchive, member: Member) -> _ExtractedMember:
    """Writes the bytes of a member to the lake if it is a recording."""
    if member.content is None:
        return _ExtractedMember(member)
    recorders = deps.catalogue.recorders
    identification = identify(archive.name, member.name, recorders)
    if identification is None:
        return _ExtractedMember(member)
    identification = _with_tail_from_header(recorders, identification, member.content)
    digest = sha256(member.content)
    tail = identification.tail or UNKNOWN_TAIL
    if len(tail) > LONGEST_TAIL:
        detail = f"{member.path}: aircraft {tail[:LONGEST_TAIL]!r}… has {len(tail):,} characters"
        raise ArchiveRefused("tail_too_long", f"{detail}, limit {LONGEST_TAIL}")
    folder = partition_path(arrival_day=archive.arrival_day, tail=tail)
    deps.lake.write(f"{STAGE}/{folder}/{digest}.rdf", member.content)
    return _ExtractedMember(member, digest, identification)


def _with_tail_from_header(
    recorders: Mapping[str, Recorder], identification: Identification, content: bytes
) -> Identification:
    """Delimited logs name their aircraft inside, when no file name does."""
    recorder = recorders[identification.recorder]
    if identification.tail or not isinstance(recorder, CsvRecorder):
        return identification
    tail = decoder.read_tail(content, recorder)
    readable = tail if tail is None or tail.isprintable() else None  # a database refuses NUL
    return replace(identification, tail=readable, archive_tail=None)


def _record(
    deps: Dependencies, archive: PendingArchive, extracted: Sequence[_ExtractedMember]
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
            each.recording_id
            for each, outcome in members
            if each.recording_id and outcome == "recording"
        ]
        ledger.hand_over(connection, "parse", archive.arrival_day, ids, deps.clock())
    return outcomes


def _insert_recordings(
    connection: Connection,
    archive: PendingArchive,
    extracted: Sequence[_ExtractedMember],
    at: datetime,
) -> Mapping[str, tuple[str, str]]:
    """Inserts recordings that are new or were refused under another name.

    Returns:
        Archive and member of each one's first arrival, or of its take-over, by id.
    """
    rows = [
        _recording_row(archive, each.member, each.recording_id, each.identification)
        for each in extracted
        if each.recording_id and each.identification
    ]
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
    archive: PendingArchive, extracted: _ExtractedMember, owners: Mapping[str, tuple[str, str]]
) -> str:
    if extracted.member.refusal is not None:
        return "refused"
    if extracted.recording_id is None:
        return "other"
    is_first = owners[extracted.recording_id] == (archive.id, extracted.member.path)
    return "recording" if is_first else "duplicate"


def _recording_row(
    archive: PendingArchive, member: Member, recording_id: str, identification: Identification
) -> Values:
    return {
        "id": recording_id,
        "archive_id": archive.id,
        "member": member.path,
        "recorder": identification.recorder,
        "layout": identification.layout,
        "tail": identification.tail or UNKNOWN_TAIL,
        "named_tail": identification.archive_tail,
        "named_started_at": identification.started_at,
        "size_bytes": member.size_bytes,
        "arrival_day": archive.arrival_day,
        "arrived_at": archive.arrived_at,
    }


def _member_row(archive: PendingArchive, extracted: _ExtractedMember, outcome: str) -> Values:
    member = extracted.member
    return {
        "archive_id": archive.id,
        "path": member.path,
        "arrival_day": archive.arrival_day,
        "outcome": outcome,
        "recording_id": extracted.recording_id,
        "size_bytes": member.size_bytes,
        "detail": storable(str(member.refusal)) if member.refusal else None,
    }


def _refuse_bad_archive(
    recorders: Mapping[str, Recorder],
    archive: PendingArchive,
    extracted: Sequence[_ExtractedMember],
    outcomes: Sequence[str],
) -> None:
    members = [each.member for each in extracted]
    refusals = [member.refusal for member in members if member.refusal]
    if refusals:
        raise refusals[0]
    if not {"recording", "duplicate"} & set(outcomes):
        paths = [member.path for member in members[:SHOWN_MEMBERS]]
        detail = f"no member of {archive.name} is a recording of a known recorder: "
        near = list(near_matches(archive.name, paths, recorders))[:SHOWN_RECORDERS]
        detail = "; nearly matched ".join([f"{detail}{', '.join(paths)}", *near])
        raise ArchiveRefused("no_recording", detail)
