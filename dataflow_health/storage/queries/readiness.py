"""Archives and recordings of every aircraft without results, and the newest one with results."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, String, literal, select

from dataflow_health.health.readiness import OpenItem, Readiness, decide
from dataflow_health.storage.ledger import day_counts, missing_results
from dataflow_health.storage.ledger.aircraft import is_named_for
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES, STAGES
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.queries import newest_arrivals
from dataflow_health.storage.records.results import FindingRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, columns, fetch, fetch_as

ALERT = "alert"
"""Severity of a finding that is shown with the answer."""
_NOTHING = literal(None, String)


def read(engine: Engine, tails: Collection[str] = ()) -> dict[str, Readiness]:
    """Readiness of every aircraft with recordings or open items, by tail.

    Args:
        engine: Database of the ledger.
        tails: Further aircraft whose names are looked for in the names of archives.

    Raises:
        DatabaseError: The database does not answer.
    """
    items, loaded = open_items(engine, tails), newest_arrivals.loaded_by_tail(engine)
    return {tail: decide(tail, loaded.get(tail), items.get(tail, ())) for tail in {*items, *loaded}}


def open_items(engine: Engine, tails: Collection[str] = ()) -> dict[str, list[OpenItem]]:
    """Archives and recordings that have no results and are not written off, by aircraft.

    An archive counts for the aircraft in its name, else for those of its recordings, else for the
    aircraft "". The cost follows what is found and the number of days, not of recordings.

    Args:
        engine: Database of the ledger.
        tails: Further aircraft whose names are looked for in the names of archives.

    Raises:
        DatabaseError: The database does not answer.
    """
    found: dict[str, list[OpenItem]] = defaultdict(list)
    for tail, item in _open_recordings(engine):
        found[tail].append(item)
    for tail, archives in open_archives(engine, tails).items():
        found[tail] += archives
    return dict(found)


def open_archives(engine: Engine, tails: Collection[str] = ()) -> dict[str, list[OpenItem]]:
    """Archives that could not be opened or are not opened yet, as :func:`open_items` has them.

    The cost follows what is found, not the history.

    Args:
        engine: Database of the ledger.
        tails: Further aircraft whose names are looked for in the names of archives.

    Raises:
        DatabaseError: The database does not answer.
    """
    found: dict[str, list[OpenItem]] = defaultdict(list)
    for tail, item in _open_archives(engine, tails):
        found[tail].append(item)
    return dict(found)


def alerts(engine: Engine, tail: str, arrived_at: datetime) -> Sequence[FindingRow]:
    """Findings of severity ``alert`` in an aircraft's recordings of one arrival.

    Raises:
        DatabaseError: The database does not answer.
    """
    finding, recording = tables.finding, tables.recording
    statement = (
        select(*columns(FindingRow, finding))
        .join(
            recording,
            (recording.c.id == finding.c.recording_id)
            & (recording.c.arrival_day == finding.c.arrival_day),
        )
        .where(recording.c.tail == tail, recording.c.arrived_at == arrived_at)
        .where(finding.c.severity == ALERT)
        .order_by(finding.c.recording_id, finding.c.algorithm, finding.c.number)
    )
    return fetch_as(FindingRow, engine, statement)


def _open_recordings(engine: Engine) -> Iterator[tuple[str, OpenItem]]:
    recording, work, archive = tables.recording, tables.recording_stage, tables.archive
    named = (
        recording.c.id, recording.c.tail, recording.c.member, recording.c.arrived_at,
        archive.c.name,
    )  # fmt: skip
    of_archive = archive.c.id == recording.c.archive_id
    unfinished = (
        select(*named, work.c.stage, work.c.state, work.c.reason)
        .join_from(work, recording, work.c.recording_id == recording.c.id)
        .outerjoin(archive, of_archive)
    )
    conditions = day_counts.conditions(engine, NOT_DONE, work, RECORDING_STAGES)
    rows = [row for each in conditions for row in fetch(engine, unfinished.where(each))]
    rows.sort(key=lambda row: str(row.state))
    lost = (
        select(*named, _NOTHING.label("stage"), _NOTHING.label("state"), _NOTHING.label("reason"))
        .join_from(recording, archive, of_archive, isouter=True)
        .where(recording.c.id.not_in(_ids_with_end()))
    )
    for days in chunks(missing_results.days(engine)):
        rows += fetch(engine, lost.where(recording.c.arrival_day.in_(days)))
    seen: set[str] = set()
    for row in rows:
        if row.id not in seen:
            seen.add(row.id)
            name = f"{row.name} / {row.member}" if row.name else row.member
            yield row.tail, _item(row, name, is_archive=False)


def _ids_with_end() -> Select[tuple[str]]:
    """Recordings whose results are loaded, or that an operator wrote off; correlated."""
    work = tables.recording_stage
    has_results = (work.c.stage == STAGES[-1]) & (work.c.state == "done")
    return select(work.c.recording_id).where(
        work.c.recording_id == tables.recording.c.id, has_results | (work.c.state == "written_off")
    )


def _open_archives(engine: Engine, tails: Collection[str]) -> Iterator[tuple[str, OpenItem]]:
    archive, work = tables.archive, tables.archive_stage
    statement = (
        select(
            archive.c.id, archive.c.name, archive.c.arrived_at, work.c.stage, work.c.state,
            work.c.reason,
        )
        .join(work, work.c.archive_id == archive.c.id)
    )  # fmt: skip
    conditions = day_counts.conditions(engine, NOT_DONE, work, ARCHIVE_STAGES)
    rows = [row for each in conditions for row in fetch(engine, statement.where(each))]
    if not rows:
        return
    known = {*tails, *newest_arrivals.by_tail(engine)}
    inside = _tails_inside(engine, [row.id for row in rows])
    for row in rows:
        named = max((tail for tail in known if is_named_for(row.name, tail)), key=len, default="")
        for tail in [named] if named else sorted(inside.get(row.id, {""})):
            yield tail, _item(row, row.name, is_archive=True)


def _tails_inside(engine: Engine, archive_ids: Iterable[str]) -> dict[str, set[str]]:
    recording = tables.recording
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(list(archive_ids)):
        statement = select(recording.c.archive_id, recording.c.tail)
        for row in fetch(engine, statement.where(recording.c.archive_id.in_(chunk)).distinct()):
            found[row.archive_id].add(row.tail)
    return found


def _item(row: Row[Any], name: str, *, is_archive: bool) -> OpenItem:
    return OpenItem(
        id=row.id,
        name=name,
        is_archive=is_archive,
        stage=row.stage or "",
        state=row.state or "",
        reason=row.reason or "",
        arrived_at=row.arrived_at,
    )
