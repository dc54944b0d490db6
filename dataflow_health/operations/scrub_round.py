"""One turn of the scrub job: reads the shares that are due, and keeps book of the damage."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import Engine

from dataflow_health.operations import kept_files, scrub, scrub_rows
from dataflow_health.operations.kept_files import KeptFile
from dataflow_health.operations.scrub import DamagedFile, Share
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import kept_archives, lake_marker
from dataflow_health.storage.records import scrub_damage, scrub_shares
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER, Damage


def read_due(deps: Dependencies, within_hours: int, operator: Operator) -> list[DamagedFile]:
    """The damage in the shares that are due, saved and queued for its stages.

    A share that cannot be read stays due.

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
    for number in scrub_shares.due(deps.engine, within_hours, deps.clock()):
        now = deps.clock()
        found = list(_find_damaged(deps, Share(number, within_hours), now))
        save(deps.engine, found, deps.clock())
        if found:
            scrub.repair(deps.engine, found, operator, at=deps.clock())
        scrub_shares.mark_read(deps.engine, number, now)
        damaged += found
    return damaged


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
    """Forgets saved damage that is right again though no stage has made it: put back by a person.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    saved = scrub_damage.find_made(engine)
    scrub_damage.remove(engine, [each.key for each in saved if _is_right(engine, lake, each)])


def _is_right(engine: Engine, lake: Lake, damage: Damage) -> bool:
    stage, day = damage.stage, damage.arrival_day
    if damage.reason == scrub_rows.ROWS_CHANGED:
        changed = scrub_rows.find_changed(engine, lake, day)
        return damage.item not in {each.file.item for each in changed}
    files = [each for each in kept_files.find(engine, stage, day) if each.path == damage.path]
    return not any(scrub.find_damage(lake, each) for each in files)


def _find_damaged(deps: Dependencies, share: Share, now: datetime) -> Iterator[DamagedFile]:
    yield from scrub.find_damaged(deps.engine, deps.lake, share.files(deps.engine))
    for day in share.days(deps.engine):
        yield from scrub_rows.find_changed(deps.engine, deps.lake, day)
    for path in kept_archives.unknown_of(deps.engine, deps.lake, share.has, now):
        digest, day = PurePosixPath(path).stem, PurePosixPath(path).parent.name.partition("=")[2]
        file = KeptFile(kept_archives.FOLDER, day, path, digest, digest, 1)
        yield DamagedFile(file, NOT_IN_LEDGER, f"{path}: the ledger does not know this archive")
