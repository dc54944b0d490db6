"""Reads one archive in a child process: its members, and the recordings among them.

Only this module and what it calls see an archive's bytes. Recordings stay in the folder that the
stage gave; the stage takes each before the next member is read.
"""

import functools
import pickle
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from dataflow_health.errors import ArchiveRefused
from dataflow_health.flight.csv_log.table import read_tail
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.stages import safe_zip
from dataflow_health.stages.identification import Identification, identify
from dataflow_health.stages.item_fault import refuse_faults
from dataflow_health.stages.safe_zip import Limits, Member
from dataflow_health.stages.sandbox.replies import RefusalReply
from dataflow_health.storage.files import integrity

LONGEST_TAIL = 32
"""Characters of the ledger's column; a longer one would be no name of a folder either."""
_HEAD_BYTES = 64 << 10
"""Bytes at the start of a delimited log in which its aircraft is searched."""


class RecordingReply(FrozenModel):
    """A recording in an archive.

    Attributes:
        id: SHA-256 of its bytes.
        file: Name of its file in the folder that the stage gave.
        recorder: Name of the recorder kind.
        tail: Aircraft; None when nothing has it.
        layout: Layout of the frames; None for recorders without.
        started_at: Start of the recording by its name, UTC.
        archive_tail: Aircraft by the archive's name, when it is another than the member's.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    file: Annotated[str, Field(pattern=r"^[0-9]+$")]
    recorder: str
    tail: Annotated[str, Field(max_length=LONGEST_TAIL)] | None
    layout: str | None
    started_at: datetime | None
    archive_tail: str | None


class MemberReply(FrozenModel):
    """A member of an archive: a recording, refused, or something else.

    Attributes:
        path: Path that no other member of the archive has.
        size_bytes: Unpacked size according to the directory.
        recording: The recording; None when it is none.
        refusal: Reason for the refusal; None when it is accepted.
    """

    path: str
    size_bytes: int
    recording: RecordingReply | None = None
    refusal: RefusalReply | None = None


def read(
    local: Path, path: str, digest: str, name: str, recorders: bytes, limits: Limits, folder: Path
) -> Iterator[MemberReply]:
    """All members of an archive.

    Args:
        local: The archive.
        path: Its path in the lake.
        digest: SHA-256 that it must have.
        name: Name with which it arrived.
        recorders: All declared recorders by name, pickled.
        limits: Limits of an archive.
        folder: Folder for the recordings.

    Raises:
        ArchiveRefused: The archive is changed, no complete zip archive, or exceeds a limit.
    """
    integrity.verify_file(local, path, digest, ArchiveRefused)
    declared = _load(recorders)
    with local.open("rb") as file:
        for member in safe_zip.members(file, limits, folder):
            yield _reply(name, member, declared)


@functools.lru_cache(maxsize=8)
def _load(recorders: bytes) -> Mapping[str, Recorder]:
    """The recorders, which the stage pickled: the same for all archives of a run."""
    declared: Mapping[str, Recorder] = pickle.loads(recorders)  # noqa: S301 -- our own bytes
    return declared


def _reply(archive: str, member: Member, recorders: Mapping[str, Recorder]) -> MemberReply:
    """What a member is; a fault that it causes refuses it alone."""
    refusal = member.refusal
    try:
        if member.file is not None:
            with refuse_faults(ArchiveRefused, member.path):
                recording = _recording(archive, member, member.file, recorders)
            return MemberReply(path=member.path, size_bytes=member.size_bytes, recording=recording)
    except ArchiveRefused as error:
        refusal = error
    reply = RefusalReply.from_refusal(refusal) if refusal else None
    return MemberReply(path=member.path, size_bytes=member.size_bytes, refusal=reply)


def _recording(
    archive: str, member: Member, file: Path, recorders: Mapping[str, Recorder]
) -> RecordingReply | None:
    found = identify(archive, member.name, recorders)
    if found is None:
        return None
    tail, archive_tail = _tail(file, found, recorders[found.recorder])
    if tail and len(tail) > LONGEST_TAIL:
        detail = f"{member.path}: aircraft {tail[:LONGEST_TAIL]!r}… has {len(tail):,} characters"
        raise ArchiveRefused("tail_too_long", f"{detail}, limit {LONGEST_TAIL}")
    return RecordingReply(
        id=member.digest,
        file=file.name,
        recorder=found.recorder,
        tail=tail,
        layout=found.layout,
        started_at=found.started_at,
        archive_tail=archive_tail,
    )


def _tail(file: Path, found: Identification, recorder: Recorder) -> tuple[str | None, str | None]:
    """Aircraft, and that of the archive's name; a delimited log names its own inside."""
    if found.tail or not isinstance(recorder, CsvRecorder):
        return found.tail, found.archive_tail
    with file.open("rb") as stream:
        tail = read_tail(stream.read(_HEAD_BYTES), recorder)
    readable = tail if tail is None or tail.isprintable() else None  # a database refuses NUL
    return readable, None
