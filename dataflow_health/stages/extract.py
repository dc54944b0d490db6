"""Stage 2, extract: unpacks archives, recognises recordings, and finds those that came before.

Every member of every archive gets a row: a recording, a duplicate, something else (a card's text
file), or refused. A refused member puts its archive in quarantine; its sound members go on.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from dataflow_health.errors import ArchiveRefused
from dataflow_health.flight.csv_log import decoder
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.stages import safe_zip
from dataflow_health.stages.runner import process_pending
from dataflow_health.stages.safe_zip import Limits, Member
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, pending
from dataflow_health.storage.ledger.pending import PendingArchive
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, insert_new, upsert

STAGE = "extract"
CODE_VERSION = "1"
DESCRIPTION = "Recordings found inside the archives, each once; refused members stay in quarantine."
KINDS = frozenset({"zip", "python"})
UNKNOWN_TAIL = "unknown"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What names tell of a member.

    Attributes:
        recorder: Name of the recorder kind.
        tail: Of the aircraft, None when no name tells it.
        layout: Of its frames, None for recorders without.
        started_at: UTC, when the recording began, None when no name tells it.
        disagreement: The archive's tail, when it is another than the member's.
    """

    recorder: str
    tail: str | None
    layout: str | None
    started_at: datetime | None
    disagreement: str | None = None


def run(deps: Dependencies, request: StageRequest, *, limits: Limits) -> StageSummary:
    """Extracts the day's archives.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    version = code_version(deps.catalogue.recorders)
    todo = pending.archives(
        deps.engine,
        STAGE,
        request.day,
        lambda _row: version,
        force=request.force,
        only=request.only,
    )
    return process_pending(
        STAGE, todo, lambda _row: version, lambda row: _extract(deps, row, limits), deps, request
    )


def code_version(recorders: Mapping[str, Recorder]) -> str:
    """Changes with this code and with every recorder, so a new recorder takes a second look."""
    declared = {name: recorder.model_dump(mode="json") for name, recorder in recorders.items()}
    return f"{CODE_VERSION}-{sha256(json.dumps(declared, sort_keys=True).encode())[:8]}"


def recognise(archive: str, path: str, recorders: Mapping[str, Recorder]) -> Recognised | None:
    """The first recorder, by name, whose patterns match; None when none does. Pure."""
    for name, recorder in sorted(recorders.items()):
        member = _match(recorder.members, path)
        outer = _match(recorder.archives, archive)
        if member is not None and (outer is not None or not recorder.archives):
            return _recognised(name, recorder, member, outer or {})
    return None


def _match(patterns: tuple[str, ...], text: str) -> dict[str, str] | None:
    for pattern in patterns:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            return {key: value for key, value in found.groupdict().items() if value}
    return None


def _recognised(
    name: str, recorder: Recorder, member: dict[str, str], outer: dict[str, str]
) -> Recognised:
    told = {**outer, **member}
    tail = told.get("tail") or recorder.tail
    layout = told.get("layout") or getattr(recorder, "layouts", {}).get(tail, None)
    return Recognised(
        recorder=name,
        tail=tail,
        layout=layout or getattr(recorder, "layout", None),
        started_at=_started_at(told.get("started_at"), recorder.started_at_format),
        disagreement=outer.get("tail") if outer.get("tail", tail) != tail else None,
    )


def _started_at(text: str | None, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None


def _extract(deps: Dependencies, row: PendingArchive, limits: Limits) -> dict[str, Any]:
    content = deps.lake.read(row.path)
    if sha256(content) != row.id:
        raise ArchiveRefused("bytes_changed", f"{row.path} no longer has its digest")
    found = list(safe_zip.members(content, limits))
    if not found:
        raise ArchiveRefused("empty_archive", "a zip with no file inside")
    kept = [_keep(deps, row, member) for member in found]
    outcomes = _account(deps, row, kept)
    _refuse_where_due(row, found, outcomes)
    return {
        "bytes_in": len(content),
        "bytes_out": sum(member.size_bytes for member in found),
        "rows_in": len(found),
        "rows_out": outcomes.count("recording"),
        "output_digest": sha256("".join(sorted(k["recording_id"] or "" for k in kept)).encode()),
        "measurements": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
    }


def _keep(deps: Dependencies, row: PendingArchive, member: Member) -> dict[str, Any]:
    """Writes a recording's bytes and gives what the ledger is to know of the member."""
    known: dict[str, Any] = {"member": member, "recording_id": None, "recognised": None}
    if member.content is None:
        return known
    recognised = recognise(row.name, member.path, deps.catalogue.recorders)
    if recognised is None:
        return known
    recognised = _tail_from_header(deps.catalogue.recorders, recognised, member.content)
    digest = sha256(member.content)
    place = partition_path(arrival_day=row.arrival_day, tail=recognised.tail or UNKNOWN_TAIL)
    deps.lake.write(f"{STAGE}/{place}/{digest}.rdf", member.content)
    return {"member": member, "recording_id": digest, "recognised": recognised}


def _tail_from_header(
    recorders: Mapping[str, Recorder], recognised: Recognised, content: bytes
) -> Recognised:
    recorder = recorders[recognised.recorder]
    if recognised.tail or not isinstance(recorder, CsvRecorder):
        return recognised
    tail = decoder.read_tail(content, recorder)
    return Recognised(recognised.recorder, tail, recognised.layout, recognised.started_at)


def _account(deps: Dependencies, row: PendingArchive, kept: list[dict[str, Any]]) -> list[str]:
    """Writes recordings and members in one transaction, and gives every member's outcome."""
    recordings = [_recording_row(row, k) for k in kept if k["recording_id"]]
    with writing(deps.engine) as connection:
        insert_new(connection, tables.recording, recordings)
        owners = {
            found.id: (found.archive_id, found.member)
            for recording in recordings
            for found in connection.execute(
                select(tables.recording).where(tables.recording.c.id == recording["id"])
            )
        }
        outcomes = [_outcome(row, k, owners) for k in kept]
        members = [_member_row(row, k, o) for k, o in zip(kept, outcomes, strict=True)]
        upsert(connection, tables.member, members)
        ids = [k["recording_id"] for k, o in zip(kept, outcomes, strict=True) if o == "recording"]
        ledger.hand_over(connection, "parse", row.arrival_day, ids)
    return outcomes


def _outcome(
    row: PendingArchive, known: dict[str, Any], owners: Mapping[str, tuple[str, str]]
) -> str:
    if known["member"].refusal is not None:
        return "refused"
    if known["recording_id"] is None:
        return "other"
    owned = owners[known["recording_id"]] == (row.id, known["member"].path)
    return "recording" if owned else "duplicate"


def _recording_row(row: PendingArchive, known: dict[str, Any]) -> Values:
    recognised: Recognised = known["recognised"]
    return {
        "id": known["recording_id"],
        "archive_id": row.id,
        "member": known["member"].path,
        "recorder": recognised.recorder,
        "layout": recognised.layout,
        "tail": recognised.tail or UNKNOWN_TAIL,
        "named_tail": recognised.disagreement,
        "named_started_at": recognised.started_at,
        "size_bytes": known["member"].size_bytes,
        "arrival_day": row.arrival_day,
        "arrived_at": row.arrived_at,
    }


def _member_row(row: PendingArchive, known: dict[str, Any], outcome: str) -> Values:
    member: Member = known["member"]
    return {
        "archive_id": row.id,
        "path": member.path,
        "arrival_day": row.arrival_day,
        "outcome": outcome,
        "recording_id": known["recording_id"],
        "size_bytes": member.size_bytes,
        "detail": str(member.refusal) if member.refusal else None,
    }


def _refuse_where_due(row: PendingArchive, found: list[Member], outcomes: list[str]) -> None:
    refusals = [member.refusal for member in found if member.refusal]
    if refusals:
        raise refusals[0]
    if not {"recording", "duplicate"} & set(outcomes):
        names = ", ".join(member.path for member in found[:5])
        detail = f"no member of {row.name} is a recording of a known recorder: {names}"
        raise ArchiveRefused("no_recording", detail)
