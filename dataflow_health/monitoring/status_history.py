"""History of health reports: saves status changes and rebuilds reports of the past from them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status, worst
from dataflow_health.monitoring import change_gate
from dataflow_health.storage.records import observations, status_changes
from dataflow_health.storage.records.status_changes import ABSENT, StatusChangeRow
from dataflow_health.storage.sql.database import reading

EVIDENCE_KEPT = 5
"""Most items of evidence saved with a status change; the ledger has all of it."""

Fingerprints = Mapping[str, tuple[str, str]]
"""Status and fingerprint by process."""

LOUD = (Status.FAILED, Status.BLOCKED, Status.WARNING, Status.STALE)
"""Statuses of checks that are part of a process's fingerprint."""


def record(
    engine: Engine, report: HealthReport, earlier: Sequence[StatusChangeRow] = ()
) -> list[StatusChangeRow]:
    """Saves the status changes between the newest rows of the history and a report.

    Several processes may record the same report: a change is saved only once. Rows that another
    process saved after the time of the report stay the newest ones.

    Args:
        engine: Database of the ledger.
        report: The current report.
        earlier: Changes from a time when the database was unreachable, oldest first. Those older
            than the newest saved row of their process are skipped.

    Returns:
        The saved changes, oldest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not earlier and not _has_changes(engine, report):
        return []
    with status_changes.writing_in_order(engine) as connection:
        newest = status_changes.latest_at(connection)
        late = [e for e in earlier if e.process not in newest or e.at > newest[e.process]]
        status_changes.append(connection, late)
        found = changes(status_changes.latest(connection), report)
        changed = [
            each
            for each in found
            if not observations.is_overtaken(each.at, newest.get(each.process, each.at))
        ]
        status_changes.append(connection, changed)
    return [*late, *changed]


def _has_changes(engine: Engine, report: HealthReport) -> bool:
    """Compares without the lock, as mostly nothing has changed and the lock blocks others."""
    with reading(engine) as connection:
        return bool(changes(status_changes.latest(connection), report))


def changes(before: Fingerprints, report: HealthReport) -> list[StatusChangeRow]:
    """Status changes between the newest rows of the history and a report."""
    found = []
    for process in report.processes:
        status, fingerprint = before.get(process.name, (ABSENT, ""))
        if fingerprint_of(process) != fingerprint:
            found.append(_status_change(process, status, report.at))
    names = {process.name for process in report.processes}
    for name, (status, _) in before.items():
        if name not in names and status != ABSENT:
            found.append(
                StatusChangeRow(name, status, ABSENT, "no longer declared", report.at, "", {})
            )
    return found


def fingerprints_of(report: HealthReport) -> Fingerprints:
    """Status and fingerprint of every process of a report, as the history has them afterwards."""
    return {each.name: (each.status.value, fingerprint_of(each)) for each in report.processes}


def fingerprint_of(process: ProcessHealth) -> str:
    """Fingerprint of the status, the blocking processes and the checks that are not healthy.

    Measured values are left out, so a disk that fills up makes one row, not one a second.
    """
    loud = [(check.name, check.status) for check in process.checks if check.status in LOUD]
    return change_gate.fingerprint([process.status, process.blocked_by, loud])


def as_of(engine: Engine, processes: Mapping[str, Process], at: datetime) -> HealthReport:
    """Health report at a time in the past, rebuilt from the history.

    Args:
        engine: Database of the ledger.
        processes: Processes as declared now; one without a row at that time is UNKNOWN.
        at: Time of the report, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows = {row.process: row for row in status_changes.read_as_of(engine, at)}
    healths = [_health(row) for row in rows.values() if row.to_status != ABSENT]
    upstream = Pipeline(processes).upstream
    healths += [_unrecorded(n, p, upstream[n]) for n, p in processes.items() if n not in rows]
    ordered = tuple(_in_order(healths))
    return HealthReport(at=at, status=worst(each.status for each in ordered), processes=ordered)


def _status_change(process: ProcessHealth, before: str, at: datetime) -> StatusChangeRow:
    saved = process.model_copy(
        update={"evidence": process.evidence[:EVIDENCE_KEPT], "checks": _without_evidence(process)}
    )
    return StatusChangeRow(
        process=process.name,
        from_status=before,
        to_status=process.status.value,
        reason=process.reason,
        at=at,
        fingerprint=fingerprint_of(process),
        health=saved.model_dump(mode="json", exclude_defaults=True),
    )


def _without_evidence(process: ProcessHealth) -> tuple[object, ...]:
    """Checks of a process without their evidence, which the process has as well."""
    return tuple(check.model_copy(update={"evidence": ()}) for check in process.checks)


def _health(row: StatusChangeRow) -> ProcessHealth:
    return ProcessHealth.model_validate(row.health)


def _unrecorded(name: str, process: Process, after: tuple[str, ...]) -> ProcessHealth:
    return ProcessHealth(
        name=name,
        status=Status.UNKNOWN,
        reason="no status was recorded at that time",
        describes=process.describes,
        group=process.group,
        external=process.external,
        after=after,
    )


def _in_order(healths: Sequence[ProcessHealth]) -> list[ProcessHealth]:
    """Processes in the order of the graph, upstream first; external ones first among equals."""
    remaining = sorted(healths, key=lambda each: (not each.external, each.name))
    placed: list[ProcessHealth] = []
    while remaining:
        names = {each.name for each in remaining}
        ready = next((e for e in remaining if not names & set(e.after) - {e.name}), remaining[0])
        remaining.remove(ready)
        placed.append(ready)
    return placed
