"""What monitoring wrote in years of operation: status changes, incidents, messages, actions."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from benchmarks.filled_ledger import FAILED, REPLAY, LedgerSize
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import Problem
from dataflow_health.health.report import CheckHealth, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.monitoring import status_history
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.storage.records import (
    audit_log,
    declared_algorithms,
    declared_versions,
    finding_counts,
    incidents,
    message_queue,
    status_changes,
    status_days,
)
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.records.status_days import StatusDayKey
from dataflow_health.storage.sql.database import writing

CHANGES_A_DAY = 20
ACTIONS_A_DAY = 5
FAILED_FOR = timedelta(minutes=20)
SOME_DAYS = 100
"""Days of a transaction."""

_FINDINGS = text(
    "INSERT INTO finding (recording_id, algorithm, number, tail, arrival_day, severity, start_s,"
    " end_s, start_at, peak, peak_at_s, detail) SELECT recording_id, algorithm, 0, tail,"
    " arrival_day, 'warning', 60, 70, uploaded_at, 12.5, 65, 'above 10 for 10 s'"
    " FROM algorithm_run WHERE findings > 0"
)
_FLIGHTS = text(
    "INSERT INTO analysed_flight (recording_id, tail, month, flown_s)"
    " SELECT id, tail, substr(arrival_day, 1, 7), 6300 FROM recording"
)


def fill(engine: Engine, catalogue: Catalogue, size: LedgerSize, now: datetime) -> None:
    """Writes what was declared, found and recorded on each day of a filled ledger."""
    versions = {name: each.version for name, each in catalogue.algorithms.items()}
    begin = now - timedelta(days=size.days)
    declared_algorithms.add(engine, versions, begin)
    as_finished = dict.fromkeys(present_versions(catalogue, "none"), "1")  # as in the filled rows
    declared_versions.add(engine, as_finished, begin)
    with writing(engine) as connection:
        connection.execute(_FINDINGS)
        connection.execute(_FLIGHTS)
        finding_counts.recount(connection)
    days = [now.date() - timedelta(days=n) for n in reversed(range(1, size.days))]
    names = sorted(catalogue.processes)
    for first in range(0, len(days), SOME_DAYS):
        some = days[first : first + SOME_DAYS]
        with status_changes.writing_in_order(engine) as connection:
            for day in some:
                status_changes.append(connection, list(_changes(day, names)))
                _write_incident(connection, day)
        seconds = {key: value for day in some for key, value in _status_seconds(day, names)}
        status_days.add(engine, seconds)


def _status_seconds(day: date, names: list[str]) -> Iterator[tuple[StatusDayKey, float]]:
    for name in names:
        yield StatusDayKey(day, name, Status.HEALTHY), 86_400 - FAILED_FOR.total_seconds()
        yield StatusDayKey(day, name, Status.FAILED), FAILED_FOR.total_seconds()


def _changes(day: date, names: list[str]) -> Iterator[StatusChangeRow]:
    at = _start(day)
    for number in range(CHANGES_A_DAY // 2):
        name = names[(day.toordinal() + number) % len(names)]
        for status, before, later in (
            (Status.FAILED, Status.HEALTHY, timedelta()),
            (Status.HEALTHY, Status.FAILED, FAILED_FOR),
        ):
            health = _health(name, status, at)
            yield StatusChangeRow(
                name, before.value, status.value, health.reason, at + later,
                status_history.fingerprint_of(health),
                health.model_dump(mode="json", exclude_defaults=True),
            )  # fmt: skip


def _health(name: str, status: Status, at: datetime) -> ProcessHealth:
    checks = tuple(
        CheckHealth(name=f"check_{n}", kind="asset_check", status=status, detail="0 = 0", at=at)
        for n in range(5)
    )
    reason = "all checks passed" if status is Status.HEALTHY else "1 of 5 checks failed"
    return ProcessHealth(name=name, status=status, since=at, reason=reason, checks=checks)


def _write_incident(connection: Connection, day: date) -> None:
    """An incident of a day that was closed, its two messages, and operators' actions."""
    at = _start(day)
    item = Evidence(stage=FAILED[0], reason="no_sync", tail="HB-Z01", byte_offset=0,
                    first_seen_at=at, command=REPLAY)  # fmt: skip
    problem = Problem(
        process=FAILED[0], check=FAILED[1], cause="no_sync", severity="error",
        tails=("HB-Z01",), days=(day,), examples=(item,), since=at,
    )  # fmt: skip
    ended_at = at + FAILED_FOR
    made = incidents.save(
        connection,
        Incident(problem=problem, state="resolved", max_failures=1, opened_at=at,
                 updated_at=ended_at, closed_at=ended_at, resolution="recovered"),
    )  # fmt: skip
    message_queue.save(
        connection,
        [
            Delivery(incident_id=made.id, kind=kind, channel="DATAFLOW_HEALTH_CHANNEL", rule="all",
                     due_at=due_at, attempts=1, outcome="sent", settled_at=due_at)
            for kind, due_at in (("opened", at), ("recovered", ended_at))
        ],
    )  # fmt: skip
    subjects = [f"parse/{day}-{number}" for number in range(ACTIONS_A_DAY)]
    audit_log.append(connection, Operator("ada", "cli@host"), "replay", subjects, "as planned", at)


def _start(day: date) -> datetime:
    return datetime.fromisoformat(f"{day}T07:00:00+00:00")
