"""What the ledger knows of a kept archive, as a file beside it in the lake.

The ledger can be lost while the lake remains: its account is restored from these notes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

from dataflow_health.stages.runner import done_result
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health.storage.ledger.kept_archives import archive_path
from dataflow_health.storage.ledger.ledger import StageOutput, StageResult
from dataflow_health.storage.sql.statements import Values

SUFFIX = ".json"
DIGEST = "digest"
"""Key of the SHA-256 over all other keys of a note."""


class ArchiveNote(BaseModel):
    """One kept archive.

    Attributes:
        id: SHA-256 of its bytes.
        name: Path below the source's root.
        source: URL it was downloaded from, password masked.
        size_bytes: Its size.
        modified_at: Modification time at the source, UTC.
        arrived_at: When it was written at the source, UTC.
        arrival_day: Arrival day.
        received_at: When it was downloaded, UTC.
        received_by: Operating system user that downloaded it.
        has_sidecar: Whether a digest came with it.
        reason: Reason code, when it was kept in quarantine.
        detail: Explanation of the reason.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    source: str
    size_bytes: int
    modified_at: datetime
    arrived_at: datetime
    arrival_day: str
    received_at: datetime
    received_by: str
    has_sidecar: bool
    reason: str | None = None
    detail: str | None = None

    @property
    def path(self) -> str:
        """Path of the archive's bytes in the lake."""
        return archive_path(self.arrival_day, self.id)

    def archive_row(self) -> Values:
        """The archive as a row of the ledger."""
        fields = {"id", "source", "size_bytes", "arrival_day", "arrived_at"}
        row = self.model_dump(include=fields | {"received_at", "received_by"})
        return {**row, "name": PurePosixPath(self.name).name, "path": self.path}

    def arrival_row(self, outcome: str) -> Values:
        """Its arrival as a row of the ledger; the outcome is ``accepted`` or ``duplicate``."""
        fields = {"source", "name", "size_bytes", "modified_at", "arrived_at", "arrival_day"}
        row = self.model_dump(include=fields)
        return {**row, "archive_id": self.id, "outcome": outcome, "seen_at": self.received_at}

    def result(self, code_version: str, started_at: datetime, finished_at: datetime) -> StageResult:
        """The result of download."""
        if self.reason is not None:
            return StageResult(
                self.id,
                "quarantined",
                code_version,
                started_at,
                finished_at,
                reason=self.reason,
                detail=self.detail,
            )
        name = PurePosixPath(self.name).name
        output = output_of(self.id, self.path, self.size_bytes, name, has_sidecar=self.has_sidecar)
        return done_result(self.id, output, code_version, started_at, finished_at)


def output_of(
    digest: str, path: str, size_bytes: int, name: str, *, has_sidecar: bool
) -> StageOutput:
    """The output of download: an archive's bytes, as they came."""
    return StageOutput(
        bytes_in=size_bytes,
        bytes_out=size_bytes,
        output_path=path,
        output_digest=digest,
        measurements={"name": name, "sidecar": has_sidecar},
    )


def write(lake: Lake, note: ArchiveNote) -> None:
    """Writes a note, before the archive itself: so no kept archive is without one.

    Raises:
        StorageError: The lake cannot be written.
    """
    lake.write(note_path(note.path), content(note))


def content(note: ArchiveNote) -> bytes:
    """Content of a note's file, with the digest of its fields."""
    fields = note.model_dump(mode="json")
    return json.dumps({**fields, DIGEST: _digest(fields)}, indent=1).encode()


def read(lake: Lake, path: str) -> ArchiveNote:
    """The note of a kept archive.

    Args:
        lake: Files of the stages.
        path: Path of the archive in the lake.

    Raises:
        StorageError: There is no note, or it cannot be read.
        ValueError: It is not the note of this archive, or has other bytes than were written.
    """
    place = note_path(path)
    fields = json.loads(lake.read(place))
    if not isinstance(fields, dict) or fields.pop(DIGEST, None) != _digest(fields):
        raise ValueError(f"{place} has other bytes than were written")
    note = ArchiveNote.model_validate(fields)
    if note.path != path:
        raise ValueError(f"{place} is the note of {note.path}")
    return note


def _digest(fields: Mapping[str, object]) -> str:
    return sha256(json.dumps(fields, indent=1).encode())


def note_path(path: str) -> str:
    """Path of a note, for the path of its archive."""
    return str(PurePosixPath(path).with_suffix(SUFFIX))
