"""What every stage needs, and the loop over recordings that all but Spark's share."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import RecordingRefused, Refused
from dataflow_health.storage.files.lake import Lake, sha256
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import Pending, PendingRecording

FLUSH = 64
"""Finished recordings written to the ledger in one transaction."""

Progress = Callable[[str, int, int], None]
"""Called with stage, things finished and things to do."""


def _quiet(_stage: str, _finished: int, _total: int) -> None:
    """The progress of a caller who asks for none."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What a stage works with.

    Attributes:
        engine: The ledger's and the results' database.
        lake: Where files live.
        catalogue: What is declared.
        clock: Tells the moment, UTC.
        workers: Threads.
    """

    engine: Engine
    lake: Lake
    catalogue: Catalogue
    clock: Callable[[], datetime]
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class StageRequest:
    """One request for a stage's work.

    Attributes:
        day: Arrival day.
        run_id: Who asks, for the ledger and the log.
        force: Redo what is done.
        only: Keep to these archive or recording ids.
        progress: Told of every finished thing.
    """

    day: str
    run_id: str = "direct"
    force: bool = False
    only: tuple[str, ...] | None = None
    progress: Progress = _quiet


@dataclass(frozen=True, slots=True)
class StageSummary:
    """What one run of a stage did.

    Attributes:
        stage: Its stage.
        day: Arrival day.
        worked: Things taken up.
        done: Finished.
        quarantined: Refused.
        bytes_in: Bytes read.
        bytes_out: Bytes written.
        rows_out: Rows written.
    """

    stage: str
    day: str
    worked: int = 0
    done: int = 0
    quarantined: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    rows_out: int = 0


def read_input(deps: Dependencies, row: PendingRecording) -> bytes:
    """What the stage before wrote for a row, as it was written.

    Raises:
        RecordingRefused: The file no longer has the digest that the ledger knows.
        StorageError: It cannot be read.
    """
    content = deps.lake.read(row.input_path)
    found = sha256(content)
    if found != row.input_digest:
        detail = f"{row.input_path}: digest {found[:12]}, written as {row.input_digest[:12]}"
        raise RecordingRefused("input_changed", detail)
    return content


def refused(
    id_: str, error: Refused, version: str, begun: datetime, ended: datetime
) -> StageResult:
    """The passage of a thing that a stage refused."""
    return StageResult(
        id=id_,
        state="quarantined",
        code_version=version,
        started_at=begun,
        finished_at=ended,
        reason=error.reason,
        detail=error.detail,
        byte_offset=error.byte_offset,
        frame=error.frame,
        evidence=error.evidence or None,
        measurements=error.measurements,
    )


def process_pending(
    stage: str,
    todo: Sequence[Pending],
    version: Callable[[Pending], str],
    work: Callable[[Pending], dict[str, Any]],
    deps: Dependencies,
    request: StageRequest,
) -> StageSummary:
    """Works every pending row in threads; refuses what cannot be used; tells the ledger as it goes.

    Args:
        stage: Its stage.
        todo: What is pending.
        version: Code version by row.
        work: Does one row and gives the fields of its :class:`StageResult`. :class:`Refused` puts
            the row in quarantine; any other error is the stage's own fault, and ends it.
        deps: What to work with.
        request: What is asked.
    """
    ledger.begin(deps.engine, stage, [row.id for row in todo], request.run_id, deps.clock())

    def one(row: Pending) -> StageResult:
        begun = deps.clock()
        with logger.contextualize(stage=stage, recording=row.id[:12], run=request.run_id):
            try:
                fields = work(row)
            except Refused as error:
                logger.warning("quarantined: {}", error)
                return refused(row.id, error, version(row), begun, deps.clock())
        return StageResult(
            id=row.id,
            state="done",
            code_version=version(row),
            started_at=begun,
            finished_at=deps.clock(),
            **fields,
        )

    passed: list[StageResult] = []
    with ThreadPoolExecutor(deps.workers, thread_name_prefix=stage) as pool:
        futures = [pool.submit(one, row) for row in todo]
        try:
            _collect(stage, futures, passed, deps, request)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return summarise(stage, request.day, passed)


def _collect(
    stage: str,
    futures: Sequence[Future[StageResult]],
    passed: list[StageResult],
    deps: Dependencies,
    request: StageRequest,
) -> None:
    unwritten: list[StageResult] = []
    try:
        for future in as_completed(futures):
            unwritten.append(future.result())
            passed.append(unwritten[-1])
            request.progress(stage, len(passed), len(futures))
            if len(unwritten) >= FLUSH:
                ledger.finish(deps.engine, stage, request.day, request.run_id, unwritten)
                unwritten.clear()
    finally:
        ledger.finish(deps.engine, stage, request.day, request.run_id, unwritten)


def summarise(stage: str, day: str, passed: Sequence[StageResult]) -> StageSummary:
    """Adds passages up."""
    return StageSummary(
        stage,
        day,
        worked=len(passed),
        done=sum(p.state == "done" for p in passed),
        quarantined=sum(p.state == "quarantined" for p in passed),
        bytes_in=sum(p.bytes_in or 0 for p in passed),
        bytes_out=sum(p.bytes_out or 0 for p in passed),
        rows_out=sum(p.rows_out or 0 for p in passed),
    )
