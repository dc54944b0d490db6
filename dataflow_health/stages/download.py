"""Stage 1, download: takes complete new archives from the source and keeps their bytes for ever.

An entry that cannot be read is recorded with its reason, and the others go on.

An archive whose ``.sha256`` sidecar still disagrees after :data:`SIDECAR_GRACE` is kept too, in
quarantine: it arrived, so it is accounted for.
"""

import getpass
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from itertools import count
from pathlib import PurePosixPath
from typing import NamedTuple

from loguru import logger
from sqlalchemy import Engine, select, update

from dataflow_health import masking
from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages import archive_note, archive_repair, reidentification, source_watch
from dataflow_health.stages.archive_note import ArchiveNote
from dataflow_health.stages.byte_budget import ByteBudget
from dataflow_health.stages.item_fault import refuse_faults
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.stages.runner import (
    RESULTS_PER_TRANSACTION,
    done_result,
    quarantine_result,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files import integrity, source
from dataflow_health.storage.files.lake import StagedFile, sha256
from dataflow_health.storage.files.source import SourceFile
from dataflow_health.storage.ledger import landing_entries, ledger, pending
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingArchive
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import chunks, fetch, insert_new
from dataflow_health.storage.sql.text import storable

STAGE = "download"
CODE_VERSION = "1"
DESCRIPTION = "Complete new archives, kept byte for byte. Nothing that arrived is ever dropped."
KINDS = frozenset({"zip", "python"})
SIDECAR_GRACE = timedelta(minutes=5)
"""A sidecar that disagrees with a younger file is not judged yet: either may still be uploaded."""
SIDECAR_BYTES = 4096
"""Bytes of a sidecar that are read; the digest is its first word."""
MOST_BYTES = 8 << 30
"""Largest archive unless another limit is given: an unpacked one may not be larger either."""
THREADS = 16
"""Threads at least: they wait for the source and for the disk, whose syncs go together."""
BYTES_IN_MEMORY = 1 << 30
"""Bytes of archives that all threads hold together; a larger archive is in memory alone."""


def run(
    deps: Dependencies,
    request: StageRequest,
    *,
    url: str,
    settle_s: float,
    most_bytes: int = MOST_BYTES,
) -> StageSummary:
    """Downloads the archives that arrived on the day, and judges requeued ones again.

    Args:
        deps: What the stage works with.
        request: Day and scope; a request for certain ids downloads nothing new.
        url: Source of the archives.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.
        most_bytes: Size above which an archive is refused unread.

    Raises:
        SourceUnreachable: The source cannot be listed or read.
        StorageError: The bytes cannot be kept.
        DatabaseError: The ledger does not answer.
    """
    new: list[NewArchive] = []
    if request.only is None:
        ours = _find(deps, request, url, settle_s)
        new = list(_refuse_large(deps, url, ours, most_bytes))
    if new:
        deps.sandbox.start()  # extract finds it ready
    results = _download_all(deps, request, url, new)
    results += _judge_requeued(deps, request, url)
    return summarise(STAGE, request.day, results)


def _find(deps: Dependencies, request: StageRequest, url: str, settle_s: float) -> list[NewArchive]:
    """The new archives of the day: those that a watch of the source recorded, or by listing it."""
    now = deps.clock()
    if request.is_watched:
        return source_watch.recorded(deps.engine, url, request.day, now, settle_s)
    found = source_watch.find(deps.engine, url, now, settle_s)
    return [archive for archive in found if archive.day == request.day]


def _refuse_large(
    deps: Dependencies, url: str, found: Sequence[NewArchive], most_bytes: int
) -> Iterator[NewArchive]:
    """The archives within the limit; the others are refused, as each is read into memory."""
    for archive in found:
        size_bytes, name = archive.offered.size_bytes, archive.offered.name
        if size_bytes <= most_bytes:
            yield archive
        else:
            detail = f"{name}: {size_bytes:,} bytes, limit {most_bytes:,}"
            _refuse(deps, url, archive, ArchiveRefused("too_large", detail))


def _judge_requeued(deps: Dependencies, request: StageRequest, url: str) -> list[StageResult]:
    """Judges archives that were requeued from quarantine by their sidecar as it is now.

    A sidecar that was corrected or removed lets the archive pass; its bytes never change.
    """
    requeued = pending.archives(
        deps.engine,
        STAGE,
        request.day,
        lambda archive: archive.code_version or "",
        only=request.only,
    )
    if not requeued:
        return []
    offered = _offered(deps.engine, url, [archive.id for archive in requeued])
    results = [_judge(deps, url, archive, offered.get(archive.id)) for archive in requeued]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    return results


def _offered(engine: Engine, url: str, ids: Sequence[str]) -> dict[str, SourceFile]:
    """The file of each archive that is still at the source, by the archive's id."""
    table = tables.arrival
    arrived = select(table.c.name, table.c.archive_id).where(
        table.c.source == masking.mask_url(url)
    )
    ids_by_name = {
        row.name: row.archive_id
        for some in chunks(ids)
        for row in fetch(engine, arrived.where(table.c.archive_id.in_(some)))
    }
    archives = source.look(url, ids_by_name).archives
    return {ids_by_name[each.name]: each for each in archives}


def _judge(
    deps: Dependencies, url: str, archive: PendingArchive, offered: SourceFile | None
) -> StageResult:
    started_at = deps.clock()
    try:
        content = integrity.read_file(deps.lake, archive.path, archive.id, ArchiveRefused)
        if offered and (refusal := _sidecar_refusal(url, offered, content)):
            raise refusal
    except ArchiveRefused as error:
        return quarantine_result(archive.id, error, CODE_VERSION, started_at, deps.clock())
    has_sidecar = bool(offered and offered.sidecar)
    output = archive_note.output_of(
        archive.id, archive.path, len(content), archive.name, has_sidecar=has_sidecar
    )
    return done_result(archive.id, output, CODE_VERSION, started_at, deps.clock())


def _download_all(
    deps: Dependencies, request: StageRequest, url: str, new: Sequence[NewArchive]
) -> list[StageResult]:
    """Results of the archives that are kept, a batch at a time."""
    if not new:
        return []
    results: list[StageResult] = []
    finished = count(1)
    threads = max(deps.workers, THREADS) if source.reads_in_parallel(url) else 1
    memory = ByteBudget(BYTES_IN_MEMORY)

    def keep(archive: NewArchive) -> _Kept | None:
        with memory.hold(archive.offered.size_bytes):
            return _download_or_refuse(deps, url, archive)

    with ThreadPoolExecutor(threads, thread_name_prefix=STAGE) as pool:
        for batch in chunks(new, RESULTS_PER_TRANSACTION):
            started = [(each, pool.submit(keep, each)) for each in batch]
            results += _finish_batch(
                deps,
                request,
                url,
                started,
                lambda: request.progress(STAGE, next(finished), len(new)),
            )
    return results


class _Kept(NamedTuple):
    """An archive whose bytes are written.

    Attributes:
        note: What the ledger is to know of it.
        result: Its result.
        note_file: File of the note.
        file: The archive itself.
    """

    note: ArchiveNote
    result: StageResult
    note_file: StagedFile
    file: StagedFile


def _finish_batch(
    deps: Dependencies,
    request: StageRequest,
    url: str,
    started: Sequence[tuple[NewArchive, Future[_Kept | None]]],
    advance: Callable[[], None],
) -> list[StageResult]:
    """Writes a batch to the ledger in one transaction.

    What is in the lake when an error ends the stage is written as well.
    """
    kept: dict[str, _Kept] = {}
    twice: list[NewArchive] = []
    try:
        for archive, future in started:
            found = future.result()
            advance()
            if found and found.note.id in kept:
                twice.append(archive)
            elif found:
                kept[found.note.id] = found
    finally:
        for found in _finished(started):
            first = kept.setdefault(found.note.id, found)
            if first is not found:
                deps.lake.discard([found.note_file, found.file])
                if found.file.part is None:
                    archive_note.write(deps.lake, first.note)  # the first name stays
        _publish(deps, list(kept.values()))
        _record_kept(deps, request, list(kept.values()))
    for archive in twice:  # the ledger knows its bytes now
        _download_or_refuse(deps, url, archive)
    return [each.result for each in kept.values()]


def _publish(deps: Dependencies, kept: Sequence[_Kept]) -> None:
    """Gives files their names in the lake; notes first, so that no archive is without one."""
    deps.lake.publish([each.note_file for each in kept])
    deps.lake.publish([each.file for each in kept])


def _finished(started: Sequence[tuple[NewArchive, Future[_Kept | None]]]) -> list[_Kept]:
    """What a batch has kept when none of it runs any more; starts no further download."""
    for _, future in started:
        future.cancel()
    futures = [future for _, future in started]
    wait(futures)
    sound = [each for each in futures if not each.cancelled() and not each.exception()]
    return [found for each in sound if (found := each.result())]


def _record_kept(deps: Dependencies, request: StageRequest, kept: Sequence[_Kept]) -> None:
    if not kept:
        return
    with writing(deps.engine) as connection:
        insert_new(connection, tables.archive, [each.note.archive_row() for each in kept])
        arrivals = [each.note.arrival_row("accepted") for each in kept]
        insert_new(connection, tables.arrival, arrivals)
        results = [each.result for each in kept]
        ledger.finish_in(connection, STAGE, request.day, request.run_id, results)


def _download_or_refuse(deps: Dependencies, url: str, archive: NewArchive) -> _Kept | None:
    """Keeps one archive; records why it cannot be read, which concerns no other archive."""
    try:
        with refuse_faults(ArchiveRefused, archive.offered.name):
            return _download(deps, url, archive)
    except ArchiveRefused as refusal:
        _refuse(deps, url, archive, refusal)
    return None


def _refuse(deps: Dependencies, url: str, archive: NewArchive, refusal: ArchiveRefused) -> None:
    logger.warning("not taken: {}", refusal)
    landing_entries.refuse(
        deps.engine,
        masking.mask_url(url),
        archive.offered,
        refusal.reason,
        storable(refusal.detail),
        deps.clock(),
    )


def _download(deps: Dependencies, url: str, archive: NewArchive) -> _Kept | None:
    """Keeps one archive; None for one that is incomplete, or whose bytes came before.

    Bytes that came before repair what was kept of them.
    """
    started_at = deps.clock()
    offered = archive.offered
    content = source.read_file(url, offered.path, offered.size_bytes + 1)
    refusal = _sidecar_refusal(url, offered, content)
    if refusal and deps.clock() - archive.arrived_at < SIDECAR_GRACE:
        logger.info("{}: the sidecar does not match yet", offered.name)
        return None
    if len(content) != offered.size_bytes:
        logger.info("{}: still being uploaded", offered.name)
        return None
    digest = sha256(content)
    note = _note(url, archive, digest, refusal, deps.clock())
    if _is_known(deps.engine, digest):
        archive_repair.repair(deps, digest, content)
        _record_duplicate(deps, note)  # last: a repair that fails is tried again
        return None
    note_file = deps.lake.stage(archive_note.note_path(note.path), archive_note.content(note))
    file = deps.lake.stage(note.path, content)
    return _Kept(note, note.result(CODE_VERSION, started_at, deps.clock()), note_file, file)


def _sidecar_refusal(url: str, offered: SourceFile, content: bytes) -> ArchiveRefused | None:
    """The refusal when the digest in the sidecar, its first word, is not that of the bytes."""
    if offered.sidecar is None:
        return None
    start = source.read_file(url, offered.sidecar, SIDECAR_BYTES)
    sidecar = start.decode("ascii", "replace").strip().lower()
    digest = sha256(content)
    match = re.match(r"[0-9a-f]{64}", sidecar)
    if match and match.group() == digest:
        return None
    expected = match.group()[:12] if match else repr(sidecar[:20])
    return ArchiveRefused(
        "sidecar_mismatch", f"{offered.name}: sidecar says {expected}, bytes are {digest[:12]}"
    )


def _is_known(engine: Engine, digest: str) -> bool:
    return bool(fetch(engine, select(tables.archive.c.id).where(tables.archive.c.id == digest)))


def _note(
    url: str, archive: NewArchive, digest: str, refusal: ArchiveRefused | None, at: datetime
) -> ArchiveNote:
    offered = archive.offered
    return ArchiveNote(
        id=digest,
        name=offered.name,
        source=masking.mask_url(url),
        size_bytes=offered.size_bytes,
        modified_at=offered.modified_at,
        arrived_at=archive.arrived_at,
        arrival_day=archive.day,
        received_at=at,
        received_by=getpass.getuser(),
        has_sidecar=offered.sidecar is not None,
        reason=refusal and refusal.reason,
        detail=refusal and storable(refusal.detail),
    )


def _record_duplicate(deps: Dependencies, note: ArchiveNote) -> None:
    """Records known bytes: a duplicate under another name, or the same file written once more."""
    arrival = note.arrival_row("duplicate")
    table = tables.arrival
    same_file = update(table).where(
        *(table.c[key] == arrival[key] for key in ("source", "name", "archive_id"))
    )
    with writing(deps.engine) as connection:
        if not connection.execute(same_file.values(modified_at=arrival["modified_at"])).rowcount:
            insert_new(connection, table, [arrival])
            name = PurePosixPath(note.name).name
            reidentification.rename_refused(connection, note.id, name, deps.clock())
