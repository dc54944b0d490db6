"""Findings that messages are about, and how far each alert rule has looked at uploads."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
)

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.statements import chunks, upsert

OVERLAP = timedelta(minutes=15)
"""Uploads are looked at again for this long: a transaction ends after the time that it states."""

BACKFILL = timedelta(days=1)
"""A recording that was here for longer when its algorithm, or the rule, was new is no news: else
one new algorithm would send the findings of years."""

NO_MESSAGE = 0
"""Stands for the message of findings that were in SQL before their rule."""

_rule, _message = tables.finding_rule, tables.finding_message


class FoundPair(NamedTuple):
    """Findings of one algorithm in one recording.

    Attributes:
        recording_id: SHA-256 of the recording.
        algorithm: Name of the algorithm.
        tail: Aircraft.
        severities: Severities of the findings.
    """

    recording_id: str
    algorithm: str
    tail: str
    severities: frozenset[str]


class FindingDetail(NamedTuple):
    """One finding that a message is about.

    Attributes:
        recording_id: SHA-256 of the recording.
        algorithm: Name of the algorithm.
        tail: Aircraft.
        severity: Severity of the finding.
        start_at: Start of the event, UTC, when the recording's start is known.
        start_s: The same in seconds since the start of the recording.
        end_s: Its end.
        detail: Measured value, in words.
    """

    recording_id: str
    algorithm: str
    tail: str
    severity: str
    start_at: datetime | None
    start_s: float
    end_s: float
    detail: str


class FindingSubject(NamedTuple):
    """What a message is about.

    Attributes:
        tail: Aircraft.
        algorithm: Name of the algorithm.
        recording_ids: Its recordings, sorted.
        findings: Their findings as they are in SQL now, in time order; empty when withdrawn.
    """

    tail: str
    algorithm: str
    recording_ids: Sequence[str]
    findings: Sequence[FindingDetail]


def saved_rules(connection: Connection) -> frozenset[str]:
    """Names of the rules that have looked at uploads."""
    return frozenset(connection.execute(select(_rule.c.rule)).scalars())


def keep_rules(connection: Connection, names: Collection[str]) -> None:
    """Forgets how far other rules looked: one that comes back starts anew."""
    connection.execute(delete(_rule).where(_rule.c.rule.not_in(names)))


def read_since(connection: Connection, rule: str, now: datetime) -> datetime:
    """Upload time from which findings are news of a rule; saves that it looks until now.

    A new rule starts now, and what is in SQL already is never its news, also after it was analysed
    again. After the clock was set back, a rule goes on from the time shown now.
    """
    row = connection.execute(select(_rule).where(_rule.c.rule == rule)).one_or_none()
    if row is None:
        _note_earlier(connection, rule, now)
    started_at = min(row.started_at, now) if row else now
    since = max(started_at, min(row.planned_until_at, now) - OVERLAP) if row else now
    values = {"rule": rule, "started_at": started_at, "planned_until_at": now}
    upsert(connection, _rule, [values])
    return since


def _note_earlier(connection: Connection, rule: str, now: datetime) -> None:
    """Notes the findings of the last day; those of earlier recordings are backfills."""
    run = tables.algorithm_run
    columns = (run.c.recording_id, run.c.algorithm, run.c.tail)
    earlier = select(literal(rule), *columns, literal(NO_MESSAGE)).where(
        run.c.uploaded_at >= now - BACKFILL,
        run.c.uploaded_at < now,
        run.c.findings > 0,
        ~_has_message(rule),
    )
    names = ("rule", *(each.name for each in columns), "message")
    connection.execute(insert(_message).from_select(names, earlier))


def _has_message(rule: str) -> ColumnElement[bool]:
    """Whether a message of a rule, or none because it came first, is about a run's findings."""
    run = tables.algorithm_run
    return (
        select(_message.c.rule)
        .where(_message.c.rule == rule, _message.c.recording_id == run.c.recording_id)
        .where(_message.c.algorithm == run.c.algorithm)
        .exists()
    )


def find_new(connection: Connection, rule: str, since: datetime) -> list[FoundPair]:
    """Recordings and algorithms with findings that no message of a rule is about, but backfills.

    Args:
        connection: An open transaction.
        rule: Name of the alert rule.
        since: Earliest upload time.
    """
    run, finding = tables.algorithm_run, tables.finding
    recording, taken, declared = tables.recording, tables.archive_stage, tables.declared_algorithm
    started_at = connection.execute(select(_rule.c.started_at).where(_rule.c.rule == rule)).scalar()
    is_taken = and_(taken.c.archive_id == recording.c.archive_id, taken.c.stage == "download")
    statement = (
        select(
            run.c.recording_id,
            run.c.algorithm,
            run.c.tail,
            finding.c.severity,
            taken.c.finished_at,
            declared.c.declared_at,
        )
        .join(
            finding,
            and_(
                finding.c.recording_id == run.c.recording_id,
                finding.c.algorithm == run.c.algorithm,
                finding.c.arrival_day == run.c.arrival_day,
            ),
        )
        .outerjoin(recording, recording.c.id == run.c.recording_id)
        .outerjoin(taken, is_taken)
        .outerjoin(declared, declared.c.name == run.c.algorithm)
        .where(run.c.uploaded_at >= since, run.c.findings > 0, ~_has_message(rule))
        .order_by(run.c.tail, run.c.algorithm, run.c.recording_id)
    )
    found: dict[tuple[str, str, str], set[str]] = {}
    for row in connection.execute(statement):
        if _is_backfill(row.finished_at, row.declared_at, started_at):
            continue
        found.setdefault((row.recording_id, row.algorithm, row.tail), set()).add(row.severity)
    return [FoundPair(*key, frozenset(severities)) for key, severities in found.items()]


def _is_backfill(taken_at: datetime | None, *news_at: datetime | None) -> bool:
    """Whether a recording was taken long before something that makes its findings new."""
    return taken_at is not None and any(at and at - taken_at > BACKFILL for at in news_at)


def next_number(connection: Connection) -> int:
    """Number of the next message."""
    return int(connection.execute(select(func.max(_message.c.message))).scalar() or 0) + 1


def save(connection: Connection, rule: str, number: int, pairs: Sequence[FoundPair]) -> None:
    """Notes that a message of a rule is about these findings."""
    rows = [
        {
            "rule": rule, "recording_id": each.recording_id, "algorithm": each.algorithm,
            "tail": each.tail, "message": number,
        }
        for each in pairs
    ]  # fmt: skip
    connection.execute(insert(_message), rows)


def read(engine: Engine, numbers: Sequence[int]) -> list[FindingSubject]:
    """What messages are about, in the order of their numbers.

    Raises:
        DatabaseError: The database does not answer.
    """
    about: dict[int, list[Row[Any]]] = defaultdict(list)
    found: dict[int, list[FindingDetail]] = defaultdict(list)
    with reading(engine) as connection:
        for chunk in chunks(sorted(numbers)):
            pairs = select(_message).where(_message.c.message.in_(chunk))
            for row in connection.execute(pairs.order_by(_message.c.recording_id)):
                about[row.message].append(row)
            for number, *values in connection.execute(_details(chunk)):
                found[number].append(FindingDetail(*values))
    return [
        FindingSubject(
            rows[0].tail, rows[0].algorithm, [row.recording_id for row in rows], found[number]
        )
        for number in sorted(about)
        if (rows := about[number])
    ]


def _details(numbers: Sequence[int]) -> Select[Any]:
    finding = tables.finding
    is_of_message = and_(
        finding.c.recording_id == _message.c.recording_id,
        finding.c.algorithm == _message.c.algorithm,
    )
    return (
        select(_message.c.message, *(finding.c[name] for name in FindingDetail._fields))
        .join(finding, is_of_message)
        .where(_message.c.message.in_(numbers))
        .order_by(_message.c.message, finding.c.start_at, finding.c.start_s)
    )
