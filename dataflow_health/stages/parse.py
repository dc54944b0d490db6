"""Stage 3, parse: recorder bytes to integer counts on a one-second grid, gaps kept.

The output is an Arrow file per recording, uncompressed: the next stage reads it at memory speed.
"""

import functools
import io
from typing import Any

import pyarrow as pa

from dataflow_health.config.catalogue import Catalogue, layout_digest
from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.quality import Remark, assess_quality
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.stages.runner import process_pending
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import pending
from dataflow_health.storage.ledger.pending import PendingRecording

STAGE = "parse"
CODE_VERSION = "1"
DESCRIPTION = "Integer counts of every parameter on a one-second grid; a gap stays a gap."
KINDS = frozenset({"numpy", "arrow"})
REGIONS_TOLD = 20
"""Unsynced regions and remarks kept in the ledger; the rest are counted."""


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Decodes the day's recordings.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    known = functools.cache(functools.partial(code_version, deps.catalogue))

    def version(row: PendingRecording) -> str:
        return known(row.recorder, row.layout)

    todo = pending.recordings(
        deps.engine, STAGE, request.day, version, force=request.force, only=request.only
    )
    return process_pending(
        STAGE, todo, version, lambda row: _parse(deps, row, version(row)), deps, request
    )


def code_version(catalogue: Catalogue, recorder_name: str, layout_name: str | None) -> str:
    """Changes with this code, and with the recorder and layout of a recording."""
    recorder = catalogue.recorders.get(recorder_name)
    layout = catalogue.layouts.get(layout_name or "")
    declared = recorder.model_dump_json() if recorder else "unknown recorder"
    frame = layout_digest(layout) if layout else "none"
    return f"{CODE_VERSION}-{sha256(declared.encode())[:6]}-{frame}"


def _parse(deps: Dependencies, row: PendingRecording, version: str) -> dict[str, Any]:
    recorder = deps.catalogue.recorders.get(row.recorder)
    if recorder is None:
        raise RecordingRefused("unknown_recorder", f"no recorder {row.recorder!r} is declared")
    layout = _layout(deps, row)
    place = partition_path(arrival_day=row.arrival_day, tail=row.tail)
    raw = deps.lake.read(f"extract/{place}/{row.id}.rdf")
    decoded = DECODERS[recorder.kind](raw, recorder, layout)
    remarks = assess_quality(decoded, layout, row.named_started_at)
    firmware = software_version(decoded)
    _refuse_where_due(row, remarks, firmware)
    path = f"{STAGE}/{place}/{row.id}.arrow"
    content = _serialised(row, decoded, version)
    return {
        "bytes_in": len(raw),
        "bytes_out": len(content),
        "rows_out": len(decoded.second),
        "output_path": path,
        "output_digest": deps.lake.write(path, content),
        "measurements": {**_measurements(row, decoded, remarks), "software_version": firmware},
    }


def _layout(deps: Dependencies, row: PendingRecording) -> Layout | None:
    recorder = deps.catalogue.recorders[row.recorder]
    if recorder.kind != "arinc717":
        return None
    name = row.layout
    layout = deps.catalogue.layouts.get(name or "")
    if layout is None:
        known = ", ".join(sorted(deps.catalogue.layouts)) or "none"
        detail = f"tail {row.tail} needs layout {name!r}; declared are: {known}"
        raise RecordingRefused("unknown_layout", detail)
    return layout


def _refuse_where_due(
    row: PendingRecording, remarks: tuple[Remark, ...], firmware: str | None
) -> None:
    """What is refused tells its firmware too, or that could never be found to be the cause."""
    measurements = {"software_version": firmware}
    if row.named_tail:
        detail = f"archive named for {row.named_tail}, recording for {row.tail}"
        raise RecordingRefused("tail_mismatch", detail, measurements=measurements)
    for remark in remarks:
        if remark.refuse:
            raise RecordingRefused(remark.check, remark.detail, measurements=measurements)


def _serialised(row: PendingRecording, decoded: DecodedRecording, version: str) -> memoryview:
    about = {
        "recording": row.id,
        "tail": row.tail,
        "layout": row.layout or "",
        "recorder": row.recorder,
        "parser_version": version,
    }
    table = recording_table.to_table(decoded, about)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getbuffer()


def _measurements(
    row: PendingRecording, decoded: DecodedRecording, remarks: tuple[Remark, ...]
) -> dict[str, Any]:
    started_at = decoded.started_at or row.named_started_at
    return {
        "started_at": started_at.isoformat() if started_at else None,
        "encoding": decoded.encoding,
        "duration_s": decoded.duration_s,
        "lost_s": decoded.lost_s,
        "parameters": len(decoded.series),
        "unsynced_regions": len(decoded.unsynced),
        "unsynced": [[u.byte_offset, u.length] for u in decoded.unsynced[:REGIONS_TOLD]],
        "remarks": [
            {"check": r.check, "severity": r.severity, "parameter": r.parameter, "detail": r.detail}
            for r in remarks[:REGIONS_TOLD]
        ],
        "notes": list(decoded.notes[:REGIONS_TOLD]),
    }
