"""One turn of the scrub job: reads the shares that are due, and records the damage."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.operations import kept_files, scrub, scrub_rows
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.operations.scrub import DamagedFile, Share
from dataflow_health.stages import load
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import kept_archives, lake_marker
from dataflow_health.storage.records import scrub_damage, scrub_shares
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER, Damage
from dataflow_health.storage.sql import locks

_ID_LENGTH = 64
"""Characters of an archive's id; a file that a person has put there may have a longer name."""


def read_due(deps: Dependencies, within_hours: int, operator: Operator) -> list[DamagedFile]:
    """The damage in the shares that are due, saved and queued for its stages.

    A share that cannot be read stays due, and the next is read nevertheless.

    Args:
        deps: What the stages work with.
        within_hours: Hours in which every file is read once; as many shares.
        operator: Who does it.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    lake_marker.ensure(deps.engine, deps.lake)
    look_again(deps.engine, deps.lake)
    damaged: list[DamagedFile] = []
    failed: StorageError | None = None
    for number in scrub_shares.due(deps.engine, within_hours, deps.clock()):
        try:
            damaged += _read(deps, Share(number, within_hours), operator)
        except StorageError as error:
            failed = error
    if failed:
        raise failed
    return damaged


def _read(deps: Dependencies, share: Share, operator: Operator) -> list[DamagedFile]:
    now = deps.clock()
    found = list(_find_damaged(deps, share, now))
    save(deps.engine, found, deps.clock())
    if found:
        scrub.repair(deps.engine, found, operator, at=deps.clock())
    scrub_shares.mark_read(deps.engine, share.number, now)
    return found


def save(engine: Engine, found: Sequence[DamagedFile], at: datetime) -> None:
    """Saves damage, so that a check shows it until it is right again.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows = [
        Damage(
            each.file.stage, each.file.path, each.file.item, each.file.arrival_day,
            each.reason, each.detail,
        )
        for each in found
    ]  # fmt: skip
    scrub_damage.save(engine, rows, at)


def look_again(engine: Engine, lake: Lake) -> None:
    """Forgets saved damage that is right again though no stage has made it.

    A person has put it back, or has removed an archive that the ledger lacks.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    saved = scrub_damage.find_made(engine)
    changed = [each for each in saved if each.reason == scrub_rows.ROWS_CHANGED]
    files = [each for each in saved if each.reason != scrub_rows.ROWS_CHANGED]
    right = [*_right_rows(engine, lake, changed), *_right_files(engine, lake, files)]
    right += _removed_archives(engine, lake)
    scrub_damage.remove(engine, [each.key for each in right])


def _right_rows(engine: Engine, lake: Lake, saved: Sequence[Damage]) -> Iterator[Damage]:
    """Those that are right; while a load is at work, its day cannot be compared."""
    for day in sorted({each.arrival_day for each in saved}):
        wrong = {each.file.item for each in scrub_rows.find_changed(engine, lake, day)}
        if not locks.is_locked(engine, locks.stage_lock(load.STAGE, day)):
            yield from (e for e in saved if e.arrival_day == day and e.item not in wrong)


def _right_files(engine: Engine, lake: Lake, saved: Sequence[Damage]) -> list[Damage]:
    paths = {(each.stage, each.path) for each in saved}
    days = {(each.stage, each.arrival_day) for each in saved}
    kept = [each for day in days for each in kept_files.find(engine, *day)]
    again = [each for each in kept if (each.stage, each.path) in paths]
    wrong = {(each.stage, each.path) for each in again if scrub.find_damage(lake, each)}
    return [each for each in saved if (each.stage, each.path) not in wrong]


def _removed_archives(engine: Engine, lake: Lake) -> list[Damage]:
    """Archives that the ledger lacks and the lake has no longer; none while it is not mounted."""
    unknown = [each for each in scrub_damage.find(engine) if each.reason == NOT_IN_LEDGER]
    gone = [each for each in unknown if not lake.exists(each.path)]
    return gone if lake.exists(lake_marker.MARKER) else []


def _find_damaged(deps: Dependencies, share: Share, now: datetime) -> Iterator[DamagedFile]:
    yield from scrub.find_damaged(deps.engine, deps.lake, share.files(deps.engine))
    for day in share.days(deps.engine):
        yield from scrub_rows.find_changed(deps.engine, deps.lake, day)
    yield from find_unknown(deps, share.has, now)


def find_unknown(
    deps: Dependencies, has: Callable[[str], bool], now: datetime
) -> Iterator[DamagedFile]:
    """Kept archives that the ledger does not know.

    Args:
        deps: What the stages work with.
        has: Whether to look at an arrival day.
        now: Current time, UTC; an archive of the last minutes may be about to be recorded.
    """
    for path in kept_archives.unknown_of(deps.engine, deps.lake, has, now):
        place = PurePosixPath(path)
        digest, day = place.stem[:_ID_LENGTH], place.parent.name.partition("=")[2]
        file = KeptFile(kept_archives.FOLDER, day, path, digest, digest, 1)
        yield DamagedFile(file, NOT_IN_LEDGER, f"{path}: the ledger does not know this archive")
