"""Processes the pending items of a stage and writes each result to the ledger.

The work on an item may be done on another machine; only this process writes the ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Generic

from loguru import logger

from dataflow_health.errors import ArchiveRefused, RecordingRefused, Refused
from dataflow_health.stages.executor import Made
from dataflow_health.stages.item_fault import refuse_faults
from dataflow_health.stages.stage import (
    Dependencies,
    StageRequest,
    StageSummary,
    WorkerDependencies,
)
from dataflow_health.storage.files import integrity
from dataflow_health.storage.ledger import ledger, pending
from dataflow_health.storage.ledger.ledger import StageOutput, StageResult
from dataflow_health.storage.ledger.pending import Pending, PendingArchive, PendingRecording
from dataflow_health.storage.sql.text import storable

RESULTS_PER_TRANSACTION = 64
"""Results that are written to the ledger in one transaction."""


@dataclass(frozen=True, slots=True)
class ProcessedItem(Generic[Made]):
    """What became of one archive or recording, wherever it was processed.

    Attributes:
        started_at: Start of the work, UTC.
        finished_at: End of the work, UTC.
        made: What the stage made; None when it refused.
        refusal: Its refusal.
    """

    started_at: datetime
    finished_at: datetime
    made: Made | None = None
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class ItemFunction(Generic[Pending, Made]):
    """The work on one archive or recording; what it cannot use or breaks on is refused.

    Attributes:
        stage: Name of the stage.
        run_id: Dagster run, for the log.
        clock: Returns the current time, UTC.
        process: Processes one item.
    """

    stage: str
    run_id: str
    clock: Callable[[], datetime]
    process: Callable[[Pending], Made]

    def __call__(self, item: Pending) -> ProcessedItem[Made]:
        """Processes the item."""
        started_at = self.clock()
        with logger.contextualize(stage=self.stage, recording=item.id[:12], run=self.run_id):
            try:
                with refuse_faults(*_kind_and_name(item)):
                    made = self.process(item)
            except Refused as error:
                logger.warning("quarantined: {}", error)
                return ProcessedItem(started_at, self.clock(), refusal=error)
        return ProcessedItem(started_at, self.clock(), made)


def process_recordings(
    stage: str,
    version: Callable[[PendingRecording], str],
    process: Callable[[PendingRecording], Made],
    deps: Dependencies,
    request: StageRequest,
    record: Callable[[PendingRecording, Made], StageOutput],
) -> StageSummary:
    """Processes the day's pending recordings, as :func:`process_pending` does."""
    recordings = pending_recordings(stage, version, deps, request)
    return process_pending(stage, recordings, version, process, deps, request, record)


def made_output(_item: PendingRecording, made: StageOutput) -> StageOutput:
    """The output itself, for a stage that has nothing else to record."""
    return made


def pending_recordings(
    stage: str,
    version: Callable[[PendingRecording], str],
    deps: Dependencies,
    request: StageRequest,
) -> list[PendingRecording]:
    """Recordings of the request that the stage has to process, oldest arrival first.

    Args:
        stage: Name of the stage.
        version: Code version that a finished recording must have to count as finished.
        deps: What the stage works with.
        request: Day and scope.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    return pending.recordings(
        deps.engine, stage, request.day, version, force=request.force, only=request.only
    )


def process_pending(
    stage: str,
    items: Sequence[Pending],
    version: Callable[[Pending], str],
    process: Callable[[Pending], Made],
    deps: Dependencies,
    request: StageRequest,
    record: Callable[[Pending, Made], StageOutput],
) -> StageSummary:
    """Processes pending items in threads or on a cluster; quarantines what cannot be used.

    Args:
        stage: Name of the stage.
        items: Archives or recordings to process.
        version: Returns the code version for an item.
        process: Processes one item, perhaps on another machine, so without the database.
            :class:`Refused`, and any error that the item causes, puts it into quarantine; a fault
            of the stage itself fails the whole stage.
        deps: What the stage works with.
        request: Day and scope.
        record: Turns what was made of an item into its row of the ledger, in this process; may
            refuse it, too.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    ledger.begin(deps.engine, stage, [item.id for item in items], request.run_id, deps.clock())
    function = ItemFunction(stage, request.run_id, deps.clock, process)

    def result(item: Pending, processed: ProcessedItem[Made]) -> StageResult:
        times = processed.started_at, processed.finished_at
        try:
            if processed.refusal is not None or processed.made is None:
                raise processed.refusal or RecordingRefused("nothing_made", "no output")
            with refuse_faults(*_kind_and_name(item)):
                output = record(item, processed.made)
        except Refused as error:
            return quarantine_result(item.id, error, version(item), *times)
        return done_result(item.id, output, version(item), *times)

    processed = deps.executor.run(f"{stage} of {request.day}", items, function)
    with closing(processed):
        made = (result(*each) for each in processed)
        return save_results(stage, made, len(items), deps, request)


def _kind_and_name(item: PendingArchive | PendingRecording) -> tuple[type[Refused], str]:
    """Class of an item's refusal, and the item's name for its message."""
    if isinstance(item, PendingArchive):
        return ArchiveRefused, item.name
    return RecordingRefused, f"recording {item.id[:12]} of {item.tail}"


def save_results(
    stage: str,
    made: Iterable[StageResult],
    total: int,
    deps: Dependencies,
    request: StageRequest,
) -> StageSummary:
    """Writes results to the ledger as they come; those in hand are written even after an error.

    Args:
        stage: Name of the stage.
        made: The results; no more than those of one transaction are held.
        total: Number of items that the stage processes.
        deps: What the stage works with.
        request: Day and scope.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    summary = StageSummary(stage, request.day)
    unwritten: list[StageResult] = []
    try:
        for number, result in enumerate(made, start=1):
            unwritten.append(result)
            request.progress(stage, number, total)
            if len(unwritten) >= RESULTS_PER_TRANSACTION:
                summary = add(summary, summarise(stage, request.day, unwritten))
                ledger.finish(deps.engine, stage, request.day, request.run_id, unwritten)
                unwritten.clear()
    finally:
        ledger.finish(deps.engine, stage, request.day, request.run_id, unwritten)
    return add(summary, summarise(stage, request.day, unwritten))


def read_input(deps: Dependencies | WorkerDependencies, recording: PendingRecording) -> bytes:
    """The output of the stage before, checked against its digest in the ledger.

    Raises:
        RecordingRefused: The file is missing, or no longer has the digest that the ledger holds.
        StorageError: The lake cannot be read.
    """
    return integrity.read_file(deps.lake, recording.input_path, recording.input_file_digest)


def done_result(
    id_: str, output: StageOutput, version: str, started_at: datetime, finished_at: datetime
) -> StageResult:
    """The result of an archive or recording that a stage finished."""
    given = {each.name: getattr(output, each.name) for each in fields(output)}
    return StageResult(id_, "done", version, started_at, finished_at, **given)


def quarantine_result(
    id_: str, error: Refused, version: str, started_at: datetime, finished_at: datetime
) -> StageResult:
    """The result of an archive or recording that a stage refused."""
    return StageResult(
        id=id_,
        state="quarantined",
        code_version=version,
        started_at=started_at,
        finished_at=finished_at,
        reason=error.reason,
        detail=storable(error.detail),
        byte_offset=_countable(error.byte_offset),
        frame=_countable(error.frame),
        evidence=error.evidence or None,
        measurements=error.measurements,
    )


def _countable(number: int | None) -> int | None:
    """A number that fits the ledger's columns, else None: a directory may claim any offset."""
    return number if number is not None and 0 <= number < 1 << 63 else None


def summarise(stage: str, day: str, results: Sequence[StageResult]) -> StageSummary:
    """Adds up the results of one run."""
    return StageSummary(
        stage,
        day,
        worked=len(results),
        done=sum(result.state == "done" for result in results),
        quarantined=sum(result.state == "quarantined" for result in results),
        bytes_in=sum(result.bytes_in or 0 for result in results),
        bytes_out=sum(result.bytes_out or 0 for result in results),
        rows_out=sum(result.rows_out or 0 for result in results),
    )


def add(first: StageSummary, second: StageSummary) -> StageSummary:
    """Counts of two parts of one run together."""
    return replace(
        first,
        worked=first.worked + second.worked,
        done=first.done + second.done,
        quarantined=first.quarantined + second.quarantined,
        bytes_in=first.bytes_in + second.bytes_in,
        bytes_out=first.bytes_out + second.bytes_out,
        rows_out=first.rows_out + second.rows_out,
    )
