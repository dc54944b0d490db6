"""Stage 5, store: writes engineering values as TSV that Spark, Hive and Hadoop read.

A mapping adds quantities of the vocabulary here, so counts in the lake stay as recorded.
``_schema.json`` beside each file holds names, types and units of its columns.

The file is read back and must hold the text that was made. That this text reads as the values it
was made of is proved by ingest, which parses it anyway: it compares a fingerprint of the values.
"""

import functools
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic_core import to_json

from dataflow_health.config.catalogue import Catalogue, mapping_digest
from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.algorithms.air_ground import AIR_GROUND_PARAMETERS
from dataflow_health.flight.algorithms.flight_segment import flight_part
from dataflow_health.flight.firmware import software_version
from dataflow_health.flight.mapping import select_mapping
from dataflow_health.flight.parameter import decoded_flight
from dataflow_health.flight.parameter_mapping import apply_mapping
from dataflow_health.flight.recorded_format import (
    ParameterFormat,
    format_digest,
    recorded_format,
)
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.stages import compress, tsv_format
from dataflow_health.stages.recording_kind import kind_digest
from dataflow_health.stages.runner import process_recordings, read_input
from dataflow_health.stages.stage import (
    Dependencies,
    StageRequest,
    StageSummary,
    WorkerDependencies,
)
from dataflow_health.stages.tsv_format import Column, schema_digest, to_data_frame
from dataflow_health.storage.files import integrity, recording_table
from dataflow_health.storage.files.lake import partition_path
from dataflow_health.storage.ledger.ledger import StageOutput
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.records import recorded_formats

STAGE = "store"
CODE_VERSION = "1"
DESCRIPTION = "Engineering values as TSV, one row per second, with the schema beside the file."
KINDS = frozenset({"tsv", "polars"})
MAPPING_VERSION = "2"
"""Version of how a mapping is applied; 2 keeps the recorder's own parameters beside quantities."""
SCHEMA_FILE = "_schema.json"


def run(deps: Dependencies, request: StageRequest, *, codec: str) -> StageSummary:
    """Stores the day's compressed recordings.

    Args:
        deps: What the stage works with.
        request: Day and scope.
        codec: ``zst`` or ``gz``.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    cached_version = functools.cache(functools.partial(code_version, deps.catalogue, codec))
    return process_recordings(
        STAGE,
        lambda recording: cached_version(recording.recorder, recording.layout),
        functools.partial(_store, deps.of_worker, codec),
        deps,
        request,
        functools.partial(_record, deps),
    )


def code_version(
    catalogue: Catalogue, codec: str, recorder_name: str, layout_name: str | None
) -> str:
    """Version of this code for a recorder and layout, and of their mapping if there is one."""
    mapping = select_mapping(catalogue.mappings, recorder_name, layout_name)
    version = f"{CODE_VERSION}-{codec}-{kind_digest(recorder_name, layout_name)}"
    if mapping is None:
        return version
    digest = mapping_digest(mapping, catalogue.terms)[:6]
    return f"{version}-{MAPPING_VERSION}-{digest}"


class StoredRecording(NamedTuple):
    """What store made of a recording.

    Attributes:
        output: Its row of the ledger.
        format: What is recorded, by which an aircraft's recordings compare.
    """

    output: StageOutput
    format: Mapping[str, ParameterFormat]


def _record(deps: Dependencies, _recording: PendingRecording, made: StoredRecording) -> StageOutput:
    """Saves the format of a recording, unless it is known; returns its row of the ledger."""
    recorded_formats.save(deps.engine, format_digest(made.format), made.format)
    return made.output


def _store(deps: WorkerDependencies, codec: str, recording: PendingRecording) -> StoredRecording:
    raw = read_input(deps, recording)
    counts = compress.read(raw)
    recorded = recording_table.from_table(counts)
    decoded, mapping_measurements = _apply_mapping(deps.catalogue, recording, recorded)
    table, columns = to_data_frame(decoded)
    folder = _folder(recording, columns)
    name = f"samples.tsv.{codec}"
    path = f"{folder}/{name}"
    text = tsv_format.to_tsv(table)
    content = tsv_format.compress(text, codec)
    schema = to_json(_schema(recording, columns), indent=1)  # ten times as fast as json.dumps
    schema_file_digest, digest = deps.lake.write_together(
        folder, {SCHEMA_FILE: schema, name: content}
    )
    recorded_as = recorded_format(decoded)
    if tsv_format.decompress(integrity.read_file(deps.lake, path, digest), codec) != text:
        raise RecordingRefused("tsv_differs", f"{path} does not read back as it was written")
    output = StageOutput(
        bytes_in=len(raw),
        bytes_out=len(content),
        rows_in=len(decoded.second),
        rows_out=table.height,
        output_path=path,
        output_digest=digest,
        measurements={
            "schema": schema_digest(columns),
            "schema_file": schema_file_digest,
            "columns": len(columns),
            "nulls": table.null_count().row(0),
            "values": tsv_format.fingerprint(table),
            "flight": {
                **_flight_measurements(recording, decoded, format_digest(recorded_as)),
                "declared": _declared(deps.catalogue, recording, counts),
            },
            **mapping_measurements,
        },
    )
    return StoredRecording(output, recorded_as)


def _flight_measurements(
    recording: PendingRecording, decoded: DecodedRecording, digest: str
) -> Mapping[str, Any]:
    """Part of the flight, its time and its format, by which an aircraft's recordings compare."""
    part = flight_part(decoded_flight(decoded, AIR_GROUND_PARAMETERS))
    started_at = decoded.started_at or recording.named_started_at
    return {
        "segment": part.segment,
        "recorded_s": part.recorded_s,
        "flown_s": part.flown_s,
        "started_at": started_at.isoformat() if started_at else None,
        "duration_s": decoded.duration_s,
        "format": digest,
        "software": software_version(decoded),
    }


def _declared(catalogue: Catalogue, recording: PendingRecording, counts: pa.Table) -> str:
    """Digest of recorder, layout and mapping with which a recording was read."""
    parser_version = recording_table.about(counts).get("parser_version", "")
    version = code_version(catalogue, "", recording.recorder, recording.layout)
    return sha256(f"{parser_version} {version}".encode()).hexdigest()[:16]


def _apply_mapping(
    catalogue: Catalogue, recording: PendingRecording, decoded: DecodedRecording
) -> tuple[DecodedRecording, Mapping[str, Any]]:
    """The recording with quantities of the vocabulary, and their sources for the ledger."""
    mapping = select_mapping(catalogue.mappings, recording.recorder, recording.layout)
    if mapping is None:
        return decoded, {}
    mapped = apply_mapping(decoded, mapping, catalogue.terms)
    sources = {name: list(parameters) for name, parameters in mapped.sources.items()}
    return mapped.recording, {"mapped": sources, "mapping_notes": list(mapped.notes)}


def _folder(recording: PendingRecording, columns: tuple[Column, ...]) -> str:
    folder = partition_path(
        layout=recording.layout or recording.recorder,
        schema=schema_digest(columns),
        arrival_day=recording.arrival_day,
        tail=recording.tail,
        recording=recording.id,
    )
    return f"{STAGE}/{folder}"


def _schema(recording: PendingRecording, columns: tuple[Column, ...]) -> Mapping[str, Any]:
    return {
        "recording": recording.id,
        "tail": recording.tail,
        "separator": "\t",
        "null": "",
        "columns": [
            {"name": c.name, "type": c.type, "unit": c.unit, "offset_s": c.offset_s}
            for c in columns
        ],
    }
