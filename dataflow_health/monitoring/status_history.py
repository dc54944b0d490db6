"""The history of the reports: what changed is kept, and reports of the past are made from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status, worst
from dataflow_health.monitoring import change_gate
from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import ABSENT, StatusChangeRow
from dataflow_health.storage.sql.database import reading

EVIDENCE_KEPT = 5
"""Cards kept with one row; the evidence itself stays in the ledger."""

Fingerprints = Mapping[str, tuple[str, str]]
"""Status and fingerprint by process."""

LOUD = (Status.FAILED, Status.BLOCKED, Status.WARNING, Status.STALE)


def record(
    engine: Engine, report: HealthReport, earlier: Sequence[StatusChangeRow] = ()
) -> list[StatusChangeRow]:
    """Appends what differs from the history's end, so that many recorders write it once.

    Args:
        engine: The ledger's.
        report: What holds now.
        earlier: What happened while the history could not be written, oldest first. What somebody
            else has written the rest of already is left out.

    What another recorder has written since the report was made stands: it knew more.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not earlier and not _differs(engine, report):
        return []
    with status_changes.writing_in_order(engine) as connection:
        newest = status_changes.latest_at(connection)
        late = [e for e in earlier if e.process not in newest or e.at > newest[e.process]]
        status_changes.append(connection, late)
        found = changes(status_changes.latest(connection), report)
        changed = [e for e in found if e.process not in newest or e.at >= newest[e.process]]
        status_changes.append(connection, changed)
    return [*late, *changed]


def _differs(engine: Engine, report: HealthReport) -> bool:
    """A look without a lock: mostly nothing changed, and nobody need wait for that."""
    with reading(engine) as connection:
        return bool(changes(status_changes.latest(connection), report))


def changes(before: Fingerprints, report: HealthReport) -> list[StatusChangeRow]:
    """What must be written to get from the history's end to a report."""
    found = []
    for process in report.processes:
        status, fingerprint = before.get(process.name, (ABSENT, ""))
        if fingerprint_of(process) != fingerprint:
            found.append(_transition(process, status, report.at))
    names = {process.name for process in report.processes}
    for name, (status, _) in before.items():
        if name not in names and status != ABSENT:
            found.append(
                StatusChangeRow(name, status, ABSENT, "no longer declared", report.at, "", {})
            )
    return found


def fingerprints_of(report: HealthReport) -> Fingerprints:
    """Where the history stands once a report is recorded."""
    return {each.name: (each.status.value, fingerprint_of(each)) for each in report.processes}


def fingerprint_of(process: ProcessHealth) -> str:
    """Differs when the status does, or whose fault it is, or which checks are not well.

    Measured values do not count: a disk that fills makes one row, not one a second.
    """
    loud = [(check.name, check.status) for check in process.checks if check.status in LOUD]
    return change_gate.fingerprint([process.status, process.blocked_by, loud])


def as_of(engine: Engine, processes: Mapping[str, Process], at: datetime) -> HealthReport:
    """The report as it was at an instant, from the history.

    Args:
        engine: The ledger's.
        processes: As declared now; one that the history did not know yet is UNKNOWN.
        at: The instant.

    Raises:
        DatabaseError: The database does not answer.
    """
    held = {row.process: row for row in status_changes.read_as_of(engine, at)}
    then = [_health(row) for row in held.values() if row.to_status != ABSENT]
    upstream = Pipeline(processes).upstream
    then += [_unheard(n, p, upstream[n]) for n, p in processes.items() if n not in held]
    ordered = tuple(_in_order(then))
    return HealthReport(at=at, status=worst(each.status for each in ordered), processes=ordered)


def _transition(process: ProcessHealth, before: str, at: datetime) -> StatusChangeRow:
    kept = process.model_copy(
        update={"evidence": process.evidence[:EVIDENCE_KEPT], "checks": _kept(process)}
    )
    return StatusChangeRow(
        process=process.name,
        from_status=before,
        to_status=process.status.value,
        reason=process.reason,
        at=at,
        fingerprint=fingerprint_of(process),
        health=kept.model_dump(mode="json", exclude_defaults=True),
    )


def _kept(process: ProcessHealth) -> tuple[object, ...]:
    """Its checks without their evidence, which the process's own evidence repeat."""
    return tuple(check.model_copy(update={"evidence": ()}) for check in process.checks)


def _health(row: StatusChangeRow) -> ProcessHealth:
    return ProcessHealth.model_validate(row.health)


def _unheard(name: str, process: Process, after: tuple[str, ...]) -> ProcessHealth:
    return ProcessHealth(
        name=name,
        status=Status.UNKNOWN,
        reason="the history does not know it yet",
        describes=process.describes,
        group=process.group,
        external=process.external,
        after=after,
    )


def _in_order(healths: Sequence[ProcessHealth]) -> list[ProcessHealth]:
    """Causes before effects, external ones first where both may be."""
    left = sorted(healths, key=lambda each: (not each.external, each.name))
    placed: list[ProcessHealth] = []
    while left:
        names = {each.name for each in left}
        ready = next((e for e in left if not names & set(e.after) - {e.name}), left[0])
        left.remove(ready)
        placed.append(ready)
    return placed
