"""Ledger rows for tests: archives and recordings at a stage, accepted or refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, update

from benchmarks.ledger_rows import archive_row
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.states import State
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON


def recordings(
    engine: Engine, count: int, *, first: int = 0, arrived_at: datetime = NOON
) -> list[str]:
    """Puts recordings of one archive, from number ``first`` on, before parse; returns their ids."""
    ids = [f"{number:064x}" for number in range(first, first + count)]
    row = {
        "archive_id": "a" * 64, "recorder": "generic_rdf", "tail": "HB-ZAA", "size_bytes": 10,
        "arrival_day": DAY, "arrived_at": arrived_at,
    }  # fmt: skip
    member = {"archive_id": "a" * 64, "arrival_day": DAY, "outcome": "recording", "size_bytes": 10}
    with writing(engine) as connection:
        for number, each in enumerate(ids, first):
            connection.execute(
                insert(tables.recording).values(**row, id=each, member=f"{number}.rdf")
            )
            connection.execute(
                insert(tables.member).values(**member, path=f"{number}.rdf", recording_id=each)
            )
        ledger.hand_over(connection, "parse", DAY, ids, arrived_at)
    return ids


def with_archive(engine: Engine, arrived_at: datetime = NOON) -> None:
    """Inserts the archive of :func:`recordings`, so that they are found by their ids."""
    row = archive_row("a" * 64, "HB-ZAA_20261120.zip", arrived_at)
    with writing(engine) as connection:
        connection.execute(insert(tables.archive).values(**row))


def arrive_an_hour_earlier(engine: Engine, id_: str) -> None:
    """Moves the arrival of a recording to an hour before the others."""
    table, earlier = tables.recording, NOON - timedelta(hours=1)
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.id == id_).values(arrived_at=earlier))


def arrive(engine: Engine, id_: str, day: str) -> None:
    """Moves the arrival of a recording to noon of a day."""
    recording, work, member = tables.recording, tables.recording_stage, tables.member
    arrived_at = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    with writing(engine) as connection:
        values = {"arrival_day": day, "arrived_at": arrived_at}
        connection.execute(update(recording).where(recording.c.id == id_).values(values))
        for table in (work, member):
            of_it = table.c.recording_id == id_
            connection.execute(update(table).where(of_it).values(arrival_day=day))


def result(id_: str, state: State = "done", digest: str = "d1", version: str = "1") -> StageResult:
    """The result of one recording."""
    return StageResult(id_, state, version, NOON, NOON, output_digest=digest, output_path=digest)


def finished(
    id_: str, at: datetime, started_at: datetime = NOON, state: State = "done"
) -> StageResult:
    """The result of one recording that a stage worked on until some time."""
    return replace(result(id_, state), started_at=started_at, finished_at=at)


def refuse(
    engine: Engine, ids: Sequence[str], stage: str = "parse", reason: str = "no_sync"
) -> None:
    """Puts archives or recordings into quarantine."""
    refused = [
        StageResult(
            each, "quarantined", "1", NOON, NOON, reason=reason, detail="why", evidence=b"\0"
        )
        for each in ids
    ]
    ledger.finish(engine, stage, DAY, "run", refused)


def archive(engine: Engine, name: str = "HB-ZAA_1.zip", digest: str = "b" * 64) -> str:
    """Puts an archive before extract; returns its id."""
    row = {
        "id": digest, "name": name, "source": "landing", "size_bytes": 9, "arrival_day": DAY,
        "arrived_at": NOON, "received_at": NOON, "received_by": "test", "path": "download/b.zip",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.archive).values(**row))
        ledger.hand_over(connection, "extract", DAY, [digest], NOON)
    return digest


def refuse_archive(engine: Engine, name: str = "HB-ZAA_1.zip", digest: str = "b" * 64) -> None:
    """Puts an archive into quarantine at extract."""
    refuse(engine, [archive(engine, name, digest)], "extract", "crc_error")


def states(engine: Engine, stage: str = "parse") -> dict[str, str]:
    """State of every recording at a stage, by id."""
    return {each.id: each.state for each in stage_records.find(engine, stage=stage, day=DAY)}


def pending_ids(engine: Engine, stage: str, version: str = "1") -> list[str]:
    """Ids of the recordings that a stage of some code version has to process."""
    return [each.id for each in pending.recordings(engine, stage, DAY, lambda _row: version)]


def downloaded(engine: Engine, at: datetime = NOON) -> None:
    """One archive in the ledger."""
    row = {
        "id": "a" * 64, "name": "a.zip", "source": "landing", "size_bytes": 9, "arrival_day": DAY,
        "arrived_at": at, "received_at": at, "received_by": "test", "path": "download/a.zip",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.archive).values(**row))


def store_flights(
    engine: Engine,
    *segments: str,
    day: str = DAY,
    formats: Sequence[str] = (),
    declared: Sequence[str] = (),
) -> list[str]:
    """Stores recordings of an hour in the air each, two hours apart from noon; returns their ids.

    The start of one with an empty segment is unknown. Formats and
    declarations are empty when not given.
    """
    ids = recordings(engine, len(segments))
    flights = [
        {
            "segment": segment,
            "recorded_s": 3600,
            "flown_s": 3600,
            "started_at": (NOON + timedelta(hours=2 * n)).isoformat() if segment else None,
            "duration_s": 3600,
            "format": formats[n] if formats else "",
            "declared": declared[n] if declared else "",
        }
        for n, segment in enumerate(segments)
    ]
    stored = [
        replace(result(each), measurements={"flight": flight})
        for each, flight in zip(ids, flights, strict=True)
    ]
    ledger.finish(engine, "store", day, "run", stored)
    return ids
