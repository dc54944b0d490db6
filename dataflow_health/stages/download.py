"""Stage 1, download: takes complete new archives from the source and keeps their bytes for ever.

Complete means: its ``.sha256`` sidecar matches, or it has none and has not changed for a while. An
archive whose sidecar disagrees after settling is kept too, in quarantine: it arrived.
"""

import getpass
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from loguru import logger
from sqlalchemy import Engine, select, update

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.runner import quarantine_result, summarise
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.files import source
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.files.source import SourceFile
from dataflow_health.storage.ledger import ledger, pending
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingArchive
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, fetch, insert_new

STAGE = "download"
CODE_VERSION = "1"
DESCRIPTION = "Complete new archives, kept byte for byte. Nothing that arrived is ever dropped."
KINDS = frozenset({"zip", "python"})
SIDECAR_GRACE = timedelta(minutes=5)
"""How long a sidecar may disagree (either file may still be on its way) before it counts."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One archive at the source that is to be taken.

    Attributes:
        offered: The file.
        arrived_at: UTC, when it was written there, and never after now.
    """

    offered: SourceFile
    arrived_at: datetime

    @property
    def day(self) -> str:
        """Its arrival day."""
        return self.arrived_at.date().isoformat()


def plan(
    offered: Sequence[SourceFile],
    seen: set[tuple[str, int, datetime]],
    now: datetime,
    settle_s: float,
) -> list[Waiting]:
    """Which files at the source are new and complete. Pure.

    Args:
        offered: What the source lists.
        seen: Name, size and modification time of everything taken before.
        now: The moment.
        settle_s: Seconds a file without sidecar must have stayed unchanged.
    """
    settled = now - timedelta(seconds=settle_s)
    return [
        Waiting(each, min(each.modified_at, now))
        for each in offered
        if (each.name, each.size_bytes, each.modified_at) not in seen
        and (each.sidecar is not None or each.modified_at <= settled)
    ]


def seen(engine: Engine, url: str) -> set[tuple[str, int, datetime]]:
    """What was taken from this source before."""
    table = tables.arrival
    statement = select(table.c.name, table.c.size_bytes, table.c.modified_at).where(
        table.c.source == source.mask_password(url)
    )
    return {(row.name, row.size_bytes, row.modified_at) for row in fetch(engine, statement)}


def new(engine: Engine, url: str, now: datetime, settle_s: float) -> list[Waiting]:
    """What the source holds that the ledger does not know.

    Raises:
        SourceUnreachable: The source cannot be listed.
    """
    return plan(source.list_archives(url), seen(engine, url), now, settle_s)


def run(deps: Dependencies, request: StageRequest, *, url: str, settle_s: float) -> StageSummary:
    """Takes what arrived on the day; nothing new when the request keeps to what is known.

    Raises:
        SourceUnreachable: The source cannot be listed or read.
        StorageError: The bytes cannot be kept.
    """
    found = new(deps.engine, url, deps.clock(), settle_s) if request.only is None else []
    todo = [waiting for waiting in found if waiting.day == request.day]
    passed = []
    for number, waiting in enumerate(todo, 1):
        passage = _take(deps, request, url, waiting)
        passed += [passage] if passage else []
        request.progress(STAGE, number, len(todo))
    passed += _again(deps, request, url)
    return summarise(STAGE, request.day, passed)


def _again(deps: Dependencies, request: StageRequest, url: str) -> list[StageResult]:
    """Judges kept archives that were put back, by their sidecar as it is now.

    A sidecar that was put right, or that is gone, lets the archive pass; its bytes never change.
    """
    waiting = pending.archives(
        deps.engine, STAGE, request.day, lambda row: row.code_version or "", only=request.only
    )
    if not waiting:
        return []
    offers = {PurePosixPath(o.name).name: o for o in source.list_archives(url)}
    passed = [_rejudged(deps, url, row, offers.get(row.name)) for row in waiting]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, passed)
    return passed


def _rejudged(
    deps: Dependencies, url: str, row: PendingArchive, offered: SourceFile | None
) -> StageResult:
    begun, content = deps.clock(), deps.lake.read(row.path)
    refusal = _sidecar_refusal(url, offered, content) if offered else None
    if refusal:
        return quarantine_result(row.id, refusal, CODE_VERSION, begun, deps.clock())
    return StageResult(
        id=row.id,
        state="done",
        code_version=CODE_VERSION,
        started_at=begun,
        finished_at=deps.clock(),
        bytes_in=len(content),
        bytes_out=len(content),
        output_path=row.path,
        output_digest=row.id,
        measurements={"name": row.name, "sidecar": bool(offered and offered.sidecar)},
    )


def _take(
    deps: Dependencies, request: StageRequest, url: str, waiting: Waiting
) -> StageResult | None:
    begun = deps.clock()
    offered = waiting.offered
    content = source.read_file(url, offered.name)
    refusal = _sidecar_refusal(url, offered, content)
    if refusal and deps.clock() - offered.modified_at < SIDECAR_GRACE:
        logger.info("{}: sidecar does not match yet", offered.name)
        return None
    if len(content) != offered.size_bytes:
        logger.info("{}: still growing", offered.name)
        return None
    digest = sha256(content)
    path = f"{STAGE}/{partition_path(arrival_day=request.day)}/{digest}.zip"
    row = _archive_row(deps, url, waiting, digest, len(content), path)
    if _known(deps.engine, digest):
        _came_again(deps, row, waiting)
        return None
    deps.lake.write(path, content)
    passage = StageResult(
        id=digest,
        state="done",
        code_version=CODE_VERSION,
        started_at=begun,
        finished_at=deps.clock(),
        bytes_in=len(content),
        bytes_out=len(content),
        output_path=path,
        output_digest=digest,
        measurements={"name": offered.name, "sidecar": offered.sidecar is not None},
    )
    if refusal:
        passage = quarantine_result(digest, refusal, CODE_VERSION, begun, deps.clock())
    with writing(deps.engine) as connection:
        insert_new(connection, tables.archive, [row])
        insert_new(connection, tables.arrival, [_arrival_row(row, waiting, "accepted")])
        ledger.finish_in(connection, STAGE, request.day, request.run_id, [passage])
    return passage


def _sidecar_refusal(url: str, offered: SourceFile, content: bytes) -> ArchiveRefused | None:
    """The sidecar's first word is the digest, as ``sha256sum`` writes it."""
    if offered.sidecar is None:
        return None
    told = source.read_file(url, offered.sidecar).decode("ascii", "replace").strip().lower()
    found = sha256(content)
    match = re.match(r"[0-9a-f]{64}", told)
    if match and match.group() == found:
        return None
    expected = match.group()[:12] if match else repr(told[:20])
    return ArchiveRefused(
        "sidecar_mismatch", f"{offered.name}: sidecar says {expected}, bytes are {found[:12]}"
    )


def _known(engine: Engine, digest: str) -> bool:
    return bool(fetch(engine, select(tables.archive.c.id).where(tables.archive.c.id == digest)))


def _archive_row(
    deps: Dependencies, url: str, waiting: Waiting, digest: str, size: int, path: str
) -> Values:
    return {
        "id": digest,
        "name": PurePosixPath(waiting.offered.name).name,
        "source": source.mask_password(url),
        "size_bytes": size,
        "arrival_day": waiting.day,
        "arrived_at": waiting.arrived_at,
        "received_at": deps.clock(),
        "received_by": getpass.getuser(),
        "path": path,
    }


def _arrival_row(row: Values, waiting: Waiting, outcome: str) -> Mapping[str, object]:
    return {
        "source": row["source"],
        "name": waiting.offered.name,
        "archive_id": row["id"],
        "size_bytes": waiting.offered.size_bytes,
        "modified_at": waiting.offered.modified_at,
        "arrived_at": waiting.arrived_at,
        "arrival_day": waiting.day,
        "outcome": outcome,
        "seen_at": row["received_at"],
    }


def _came_again(deps: Dependencies, row: Values, waiting: Waiting) -> None:
    """Known bytes: a duplicate under another name, or the same file written once more."""
    arrival = _arrival_row(row, waiting, "duplicate")
    table = tables.arrival
    touched = update(table).where(
        *(table.c[key] == arrival[key] for key in ("source", "name", "archive_id"))
    )
    with writing(deps.engine) as connection:
        insert_new(connection, table, [arrival])
        connection.execute(touched.values(modified_at=arrival["modified_at"]))
