"""Stage 3, parse: decodes recorder bytes to integer counts on a one-second grid with its gaps.

The output is one uncompressed Arrow file per recording, which the next stage reads at memory speed.
"""

import functools
import io
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from dataflow_health.config.catalogue import Catalogue, layout_digest
from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.quality import Remark, assess_quality
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.stages.runner import process_recordings
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files import integrity, recording_table
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger.ledger import StageOutput
from dataflow_health.storage.ledger.pending import PendingRecording

STAGE = "parse"
CODE_VERSION = "1"
DESCRIPTION = "Integer counts of every parameter on a one-second grid; a gap stays a gap."
KINDS = frozenset({"numpy", "arrow"})
LIST_LIMIT = 20
"""Unsynced regions, remarks and notes kept in the ledger, of each at most this many."""


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Decodes the day's recordings.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    cached_version = functools.cache(functools.partial(code_version, deps.catalogue))

    def version(recording: PendingRecording) -> str:
        return cached_version(recording.recorder, recording.layout)

    def process(recording: PendingRecording) -> StageOutput:
        return _parse(deps, recording, version(recording))

    return process_recordings(STAGE, version, process, deps, request)


def code_version(catalogue: Catalogue, recorder_name: str, layout_name: str | None) -> str:
    """Version of this code and of the recorder and layout of a recording."""
    recorder = catalogue.recorders.get(recorder_name)
    layout = catalogue.layouts.get(layout_name or "")
    declared = recorder.model_dump_json() if recorder else "unknown recorder"
    digest = layout_digest(layout) if layout else "none"
    return f"{CODE_VERSION}-{sha256(declared.encode())[:6]}-{digest}"


def _parse(deps: Dependencies, recording: PendingRecording, version: str) -> StageOutput:
    recorder = deps.catalogue.recorders.get(recording.recorder)
    if recorder is None:
        detail = f"no recorder {recording.recorder!r} is declared"
        raise RecordingRefused("unknown_recorder", detail)
    layout = _layout(deps.catalogue, recording)
    folder = partition_path(arrival_day=recording.arrival_day, tail=recording.tail)
    raw = integrity.read_file(deps.lake, f"extract/{folder}/{recording.id}.rdf", recording.id)
    decoded = DECODERS[recorder.kind](raw, recorder, layout)
    remarks = assess_quality(decoded, layout, recording.named_started_at)
    firmware = software_version(decoded)
    _refuse_bad_recording(recording, remarks, firmware)
    path = f"{STAGE}/{folder}/{recording.id}.arrow"
    content = _to_arrow_file(recording, decoded, version)
    return StageOutput(
        bytes_in=len(raw),
        bytes_out=len(content),
        rows_out=len(decoded.second),
        output_path=path,
        output_digest=deps.lake.write(path, content),
        measurements={
            **_measurements(recording, decoded, remarks),
            "software_version": firmware,
        },
    )


def _layout(catalogue: Catalogue, recording: PendingRecording) -> Layout | None:
    if catalogue.recorders[recording.recorder].kind != "arinc717":
        return None
    layout = catalogue.layouts.get(recording.layout or "")
    if layout is None:
        known = ", ".join(sorted(catalogue.layouts)) or "none"
        detail = (
            f"aircraft {recording.tail} needs layout {recording.layout!r}; declared are: {known}"
        )
        raise RecordingRefused("unknown_layout", detail)
    return layout


def _refuse_bad_recording(
    recording: PendingRecording, remarks: tuple[Remark, ...], firmware: str | None
) -> None:
    """Refuses a recording for its first serious remark, or for the wrong aircraft.

    A refusal carries the firmware, which may be the common factor of many refusals.
    """
    measurements = {"software_version": firmware}
    if recording.named_tail:
        detail = f"archive named for {recording.named_tail}, recording for {recording.tail}"
        raise RecordingRefused("tail_mismatch", detail, measurements=measurements)
    for remark in remarks:
        if remark.refuse:
            raise RecordingRefused(remark.check, remark.detail, measurements=measurements)


def _to_arrow_file(
    recording: PendingRecording, decoded: DecodedRecording, version: str
) -> memoryview:
    metadata = {
        "recording": recording.id,
        "tail": recording.tail,
        "layout": recording.layout or "",
        "recorder": recording.recorder,
        "parser_version": version,
    }
    table = recording_table.to_table(decoded, metadata)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getbuffer()


def _measurements(
    recording: PendingRecording, decoded: DecodedRecording, remarks: tuple[Remark, ...]
) -> Mapping[str, Any]:
    started_at = decoded.started_at or recording.named_started_at
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
