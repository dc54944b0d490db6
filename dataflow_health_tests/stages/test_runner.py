from pathlib import Path

import pytest

from dataflow_health.errors import RecordingRefused, StorageError
from dataflow_health.stages.runner import made_output, process_recordings, read_input
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files.lake import sha256
from dataflow_health.storage.ledger import pending, stage_records
from dataflow_health.storage.ledger.ledger import StageOutput
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health_tests.factories import DAY, dependencies
from dataflow_health_tests.storage.ledger.factories import recordings, states

FIRST = f"{0:064x}"


def refuse_first(recording: PendingRecording) -> StageOutput:
    if recording.id == FIRST:
        raise RecordingRefused("no_sync", "0 words")
    return StageOutput(bytes_out=5)


def run(deps: Dependencies, process=refuse_first, **given) -> StageSummary:
    request = StageRequest(DAY, **given)
    version = lambda _recording: "1"  # noqa: E731
    return process_recordings("parse", version, process, deps, request, made_output)


def test_a_refused_recording_is_quarantined_and_the_others_are_done(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    ids = recordings(deps.engine, 3)
    summary = run(deps)
    assert (summary.worked, summary.done, summary.quarantined, summary.bytes_out) == (3, 2, 1, 10)
    assert states(deps.engine) == dict(zip(ids, ["quarantined", "done", "done"], strict=True))


def test_done_recordings_are_processed_again_only_when_forced(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    recordings(deps.engine, 2)
    run(deps)
    assert run(deps) == StageSummary("parse", DAY)
    assert run(deps, force=True).worked == 2


def test_progress_is_reported_after_every_recording(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    recordings(deps.engine, 2)
    calls: list[tuple[str, int, int]] = []
    run(deps, progress=lambda *call: calls.append(call))
    assert calls == [("parse", 1, 2), ("parse", 2, 2)]


@pytest.mark.parametrize("error", [IndexError("list index"), MemoryError(), RecursionError()])
def test_a_recording_that_crashes_its_stage_is_quarantined_by_name(
    tmp_path: Path, error: Exception
) -> None:
    deps = dependencies(tmp_path)
    ids = recordings(deps.engine, 2)

    def crash_on_first(recording: PendingRecording) -> StageOutput:
        if recording.id == FIRST:
            raise error
        return StageOutput()

    assert run(deps, crash_on_first).quarantined == 1
    assert states(deps.engine) == dict(zip(ids, ["quarantined", "done"], strict=True))
    [row] = stage_records.find(deps.engine, stage="parse", states=["quarantined"])
    assert f"recording {FIRST[:12]} of HB-ZAA: {type(error).__name__}" in str(row.detail)


@pytest.mark.parametrize("offset", [-1, 1 << 63])
def test_an_offset_that_no_column_holds_is_left_out(tmp_path: Path, offset: int) -> None:
    deps = dependencies(tmp_path)
    recordings(deps.engine, 1)

    def refuse(_recording: PendingRecording) -> StageOutput:
        raise RecordingRefused("no_sync", "\0 words", byte_offset=offset)

    assert run(deps, refuse).quarantined == 1
    [row] = stage_records.find(deps.engine, stage="parse", states=["quarantined"])
    assert (row.byte_offset, row.detail) == (None, "\\x00 words")


def test_a_fault_of_the_stage_fails_it_and_leaves_the_recording_unfinished(
    tmp_path: Path,
) -> None:
    deps = dependencies(tmp_path)
    recordings(deps.engine, 1)

    def fail(_recording: PendingRecording) -> StageOutput:
        raise StorageError("disk full")

    with pytest.raises(StorageError, match="disk full"):
        run(deps, fail)
    assert states(deps.engine) == {FIRST: "running"}


def test_an_input_that_differs_from_its_digest_is_refused(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    recordings(deps.engine, 1)
    [recording] = pending.recordings(deps.engine, "parse", DAY, lambda _recording: "1")
    deps.lake.write("in.rdf", b"bytes")
    written = recording._replace(input_path="in.rdf", input_file_digest=sha256(b"bytes"))
    assert read_input(deps, written) == b"bytes"
    deps.lake.write("in.rdf", b"other")
    with pytest.raises(RecordingRefused) as refused:
        read_input(deps, written)
    assert refused.value.reason == "input_changed"
