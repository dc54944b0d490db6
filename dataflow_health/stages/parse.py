"""Stage 3, parse: decodes recorder bytes to integer counts on a one-second grid with its gaps.

The output is one uncompressed Arrow file per recording, which the next stage reads at memory speed.
"""

import functools
import pickle
from dataclasses import dataclass, field

from dataflow_health.config.catalogue import Catalogue, layout_digest
from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.decoders import DECODER_VERSIONS
from dataflow_health.flight.recorder import LayoutRecorder
from dataflow_health.stages import recording_reader, reidentification
from dataflow_health.stages.recording_kind import kind_digest
from dataflow_health.stages.recording_reader import RecordingRequest, RecordingTable
from dataflow_health.stages.runner import made_output, process_recordings
from dataflow_health.stages.stage import (
    Dependencies,
    StageRequest,
    StageSummary,
    WorkerDependencies,
    work_folder,
)
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger.ledger import StageOutput
from dataflow_health.storage.ledger.pending import PendingRecording

STAGE = "parse"
CODE_VERSION = "3"
"""Version that Dagster shows. A recording has that of its decoder; raise both."""
DESCRIPTION = "Integer counts of every parameter on a one-second grid; a gap stays a gap."
KINDS = frozenset({"numpy", "arrow"})


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Decodes the day's recordings.

    Raises:
        StorageError: Bytes cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    cached_version = functools.cache(functools.partial(code_version, deps.catalogue))

    def version(recording: PendingRecording) -> str:
        return cached_version(recording.recorder, recording.layout)

    deps.lake.remove_folder(work_folder(STAGE, request.day))
    process = _Parser(deps.of_worker)
    summary = process_recordings(STAGE, version, process, deps, request, made_output)
    if summary.quarantined:
        reidentification.read_other_names(deps.engine, request.day, request.run_id, deps.clock())
    return summary


def code_version(catalogue: Catalogue, recorder_name: str, layout_name: str | None) -> str:
    """Version of a recording's decoder, recorder and layout, and of no others."""
    recorder = catalogue.recorders.get(recorder_name)
    layout = catalogue.layouts.get(layout_name or "")
    declared = recorder.model_dump_json() if recorder else "unknown recorder"
    digest = layout_digest(layout) if layout else "none"
    kind = kind_digest(recorder_name, layout_name)
    version = DECODER_VERSIONS[recorder.kind] if recorder else CODE_VERSION
    return f"{version}-{kind}-{sha256(declared.encode())[:6]}-{digest}"


@dataclass(frozen=True, slots=True)
class _Parser:
    """The work on one recording, with what is computed once for each recorder and layout.

    Attributes:
        deps: What it works with.
        declared: Version and pickled declarations by recorder and layout.
    """

    deps: WorkerDependencies
    declared: dict[tuple[str, str | None], tuple[str, bytes]] = field(default_factory=dict)

    def __call__(self, recording: PendingRecording) -> StageOutput:
        """Decodes a recording whose recorder and layout are declared."""
        catalogue, kind = self.deps.catalogue, (recording.recorder, recording.layout)
        _check_declared(catalogue, recording)
        if kind not in self.declared:
            declarations = (
                catalogue.recorders[recording.recorder],
                catalogue.layouts.get(recording.layout or ""),
            )
            self.declared[kind] = code_version(catalogue, *kind), pickle.dumps(declarations)
        return _parse(self.deps, recording, *self.declared[kind])


def _parse(
    deps: WorkerDependencies, recording: PendingRecording, version: str, declarations: bytes
) -> StageOutput:
    folder = partition_path(arrival_day=recording.arrival_day, tail=recording.tail)
    path = f"{STAGE}/{folder}/{recording.id}.arrow"
    request = _request(recording, f"extract/{folder}/{recording.id}.rdf", version)
    with (
        integrity.local_copy(deps.lake, request.path, recording.id) as local,
        deps.lake.workplace(work_folder(STAGE, recording.arrival_day)) as work,
    ):

        def keep(table: RecordingTable) -> RecordingTable:
            # Compress reads it at once, and makes it again should a power cut have taken it.
            deps.lake.adopt(target, path, durable=False)
            return table

        target = work / "table.arrow"
        [table] = deps.sandbox.run(
            recording_reader.read,
            *(local, request, declarations, target),
            item=RecordingTable,
            handle=keep,
            refusal=RecordingRefused,
            subject=f"recording {recording.id[:12]} of {recording.tail}",
        )
    return StageOutput(
        bytes_in=table.bytes_in,
        bytes_out=table.bytes_out,
        rows_out=table.rows,
        output_path=path,
        output_digest=table.digest,
        measurements=table.measurements,
    )


def _request(recording: PendingRecording, path: str, version: str) -> RecordingRequest:
    return RecordingRequest(
        id=recording.id,
        path=path,
        tail=recording.tail,
        recorder=recording.recorder,
        layout=recording.layout,
        named_tail=recording.named_tail,
        named_started_at=recording.named_started_at,
        parser_version=version,
    )


def _check_declared(catalogue: Catalogue, recording: PendingRecording) -> None:
    """Refuses a recording whose recorder or layout is not declared."""
    recorder = catalogue.recorders.get(recording.recorder)
    if recorder is None:
        detail = f"no recorder {recording.recorder!r} is declared"
        raise RecordingRefused("unknown_recorder", detail)
    needs_layout = isinstance(recorder, LayoutRecorder) and recorder.needs_layout
    if needs_layout and recording.layout not in catalogue.layouts:
        known = ", ".join(sorted(catalogue.layouts)) or "none"
        detail = (
            f"aircraft {recording.tail} needs layout {recording.layout!r}; declared are: {known}"
        )
        raise RecordingRefused("unknown_layout", detail)
