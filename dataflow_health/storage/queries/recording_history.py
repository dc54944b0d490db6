"""History of one recording: its stages, algorithm runs, findings and duplicates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records.results import FindingRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import columns, fetch, fetch_as

AFTER_HEX = "g"
"""Sorts after all hexadecimal digits: SQLite looks a range up in its index, and no LIKE."""
SHORTEST_ID = 6
"""Digits of a recording's id that are enough to look it up."""


class RecordingRow(NamedTuple):
    """One recording and the name of its archive.

    Attributes:
        id: Recording id.
        archive_id: Archive id.
        archive: Name of the archive.
        member: Path inside the archive.
        recorder: Recorder kind.
        layout: Layout of the frames.
        tail: Aircraft.
        named_tail: Aircraft by the archive's name, when it is another one.
        size_bytes: Size of the recording.
        arrival_day: Arrival day, as 2026-11-20.
        arrived_at: When the archive arrived, UTC.
    """

    id: str
    archive_id: str
    archive: str
    member: str
    recorder: str
    layout: str | None
    tail: str
    named_tail: str | None
    size_bytes: int
    arrival_day: str
    arrived_at: datetime


class HistoryRows(NamedTuple):
    """Rows about one recording.

    Attributes:
        recording: The recording.
        stages: Its record at every stage it reached, in stage order.
        outcomes: Outcome of every algorithm run.
        applied: Versions of the algorithms that could be applied, by name.
        findings: What was found, in order of time.
        duplicates_in: Names of archives that contain the same bytes again.
    """

    recording: RecordingRow
    stages: Sequence[StageRecord]
    outcomes: Sequence[str]
    applied: Mapping[str, str]
    findings: Sequence[FindingRow]
    duplicates_in: Sequence[str]


def read_history(engine: Engine, prefix: str) -> HistoryRows:
    """History of the only recording whose id begins with a prefix.

    Raises:
        NotFound: There is none, there are several, or the prefix is too short.
        DatabaseError: The database does not answer.
    """
    recording = find(engine, prefix)
    run, finding, member = tables.algorithm_run, tables.finding, tables.member
    ran = select(run.c.algorithm, run.c.version, run.c.outcome).where(
        run.c.recording_id == recording.id, run.c.arrival_day == recording.arrival_day
    )
    findings = select(*columns(FindingRow, finding)).where(
        finding.c.recording_id == recording.id, finding.c.arrival_day == recording.arrival_day
    )
    duplicates = (
        select(tables.archive.c.name)
        .join(member, member.c.archive_id == tables.archive.c.id)
        .where(member.c.recording_id == recording.id, member.c.outcome == "duplicate")
    )
    runs = fetch(engine, ran)
    return HistoryRows(
        recording,
        stage_records.of_recording(engine, recording.id, recording.archive_id),
        [row.outcome for row in runs],
        {row.algorithm: row.version for row in runs if row.outcome != "not_applicable"},
        fetch_as(FindingRow, engine, findings.order_by(finding.c.start_s, finding.c.algorithm)),
        [row.name for row in fetch(engine, duplicates)],
    )


def find(engine: Engine, prefix: str) -> RecordingRow:
    """The recording whose id begins with a prefix.

    Raises:
        NotFound: No recording or more than one has it, or it is too short.
        DatabaseError: The ledger cannot be read.
    """
    if len(prefix) < SHORTEST_ID:
        raise NotFound(f"{prefix!r} is too short: give {SHORTEST_ID} characters of the id")
    recording, archive = tables.recording, tables.archive
    statement = (
        select(*columns(RecordingRow, recording, archive=archive.c.name))
        .join(archive, archive.c.id == recording.c.archive_id)
        .where(recording.c.id >= prefix.lower(), recording.c.id < prefix.lower() + AFTER_HEX)
        .where(recording.c.id.startswith(prefix.lower(), autoescape=True))
        .order_by(recording.c.id)
    )
    found = fetch_as(RecordingRow, engine, statement.limit(4))
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"no recording's id begins with {prefix!r}")
    names = ", ".join(each.id[:16] for each in found[:3])
    raise NotFound(f"{len(found)} recordings begin with {prefix!r}: {names}")
