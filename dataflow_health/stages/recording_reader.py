"""Decodes one recording in a child process and writes its counts as an Arrow file.

Only this module and what it calls see a recording's bytes.
"""

import functools
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import pyarrow as pa
from pydantic import Field, JsonValue

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.quality import Remark, assess_quality
from dataflow_health.flight.recorder import Recorder
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.flight.start_date import date_by_name
from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.storage.files import integrity, recording_table
from dataflow_health.storage.files.lake import file_sha256

LIST_LIMIT = 20
"""Unsynced regions, remarks and notes kept in the ledger, of each at most this many."""


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """A recording to decode.

    Attributes:
        id: SHA-256 of its bytes.
        path: Path of its bytes in the lake, for messages.
        tail: Aircraft.
        recorder: Name of the recorder kind.
        layout: Name of the layout; None for recorders without.
        named_tail: Aircraft by the archive's name, when it is another one.
        named_started_at: Start by the file's name, UTC.
        parser_version: Version of the code and of the declarations.
    """

    id: str
    path: str
    tail: str
    recorder: str
    layout: str | None
    named_tail: str | None
    named_started_at: datetime | None
    parser_version: str


class RecordingTable(FrozenModel):
    """The Arrow file of a decoded recording.

    Attributes:
        bytes_in: Size of the recording.
        bytes_out: Size of the Arrow file.
        rows: Rows of the table.
        digest: SHA-256 of the Arrow file.
        measurements: Values for the stage's checks.
    """

    bytes_in: int
    bytes_out: int
    rows: int
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    measurements: Mapping[str, JsonValue]


def read(
    local: Path, request: RecordingRequest, declarations: bytes, target: Path
) -> Iterator[RecordingTable]:
    """Decodes a recording; yields one table.

    Args:
        local: The recording's bytes.
        request: What is known of it.
        declarations: Recorder and layout, pickled.
        target: Path of the Arrow file.

    Raises:
        RecordingRefused: The bytes are changed, cannot be decoded, or are of the wrong aircraft.
    """
    raw = local.read_bytes()
    integrity.verify(request.path, raw, request.id)
    recorder, layout = _load(declarations)
    decoded = DECODERS[recorder.kind](raw, recorder, layout)
    decoded = date_by_name(decoded, request.named_started_at)
    remarks = assess_quality(decoded, layout, request.named_started_at)
    firmware = software_version(decoded)
    _refuse_bad_recording(request, remarks, firmware)
    _write(request, decoded, target)
    yield RecordingTable(
        bytes_in=len(raw),
        bytes_out=target.stat().st_size,
        rows=len(decoded.second),
        digest=file_sha256(target),
        measurements={
            **_measurements(request, decoded, remarks),
            "software_version": firmware,
        },
    )


@functools.lru_cache(maxsize=64)
def _load(declarations: bytes) -> tuple[Recorder, Layout | None]:
    """Recorder and layout, which the stage pickled: the same for all recordings of an aircraft."""
    declared: tuple[Recorder, Layout | None] = pickle.loads(declarations)  # noqa: S301 -- our bytes
    return declared


def _write(request: RecordingRequest, decoded: DecodedRecording, target: Path) -> None:
    metadata = {
        "recording": request.id,
        "tail": request.tail,
        "layout": request.layout or "",
        "recorder": request.recorder,
        "parser_version": request.parser_version,
    }
    table = recording_table.to_table(decoded, metadata)
    with target.open("wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _refuse_bad_recording(
    request: RecordingRequest, remarks: tuple[Remark, ...], firmware: str | None
) -> None:
    """Refuses a recording for its first serious remark, or for the wrong aircraft.

    A refusal carries the firmware, which may be the common factor of many refusals.
    """
    measurements = {"software_version": firmware}
    if request.named_tail:
        detail = f"archive named for {request.named_tail}, recording for {request.tail}"
        raise RecordingRefused("tail_mismatch", detail, measurements=measurements)
    for remark in remarks:
        if remark.refuse:
            raise RecordingRefused(remark.check, remark.detail, measurements=measurements)


def _measurements(
    request: RecordingRequest, decoded: DecodedRecording, remarks: tuple[Remark, ...]
) -> dict[str, JsonValue]:
    started_at = decoded.started_at or request.named_started_at
    return {
        "started_at": started_at.isoformat() if started_at else None,
        "encoding": decoded.encoding,
        "duration_s": decoded.duration_s,
        "lost_s": decoded.lost_s,
        "parameters": len(decoded.series),
        "unsynced_regions": len(decoded.unsynced),
        "unsynced": [[u.byte_offset, u.length] for u in decoded.unsynced[:LIST_LIMIT]],
        "remarks": [
            {"check": r.check, "severity": r.severity, "parameter": r.parameter, "detail": r.detail}
            for r in remarks[:LIST_LIMIT]
        ],
        "notes": list(decoded.notes[:LIST_LIMIT]),
    }
