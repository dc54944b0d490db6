"""Other programs that are declared, and what they run."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health import masking
from dataflow_health.errors import NotFound
from dataflow_health.health.outside_check import SystemCheck
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.health.process import Process
from dataflow_health.monitoring.collectors import keeper
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.schemas import OutsideSystem, OutsideSystemEntry
from dataflow_health.storage.records import outside_systems
from dataflow_health.storage.records.outside_systems import OutsideSystemRow

Processes = Mapping[str, Process]


def entries(engine: Engine, processes: Processes, now: datetime) -> tuple[OutsideSystemEntry, ...]:
    """All declared systems in short, in order of their names.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    return tuple(
        OutsideSystemEntry.model_validate(each.model_dump(exclude={"description"}))
        for each in _all(engine, processes, now)
    )


def find(
    engine: Engine, processes: Processes, name: str, now: datetime
) -> tuple[OutsideSystem, ...]:
    """What the systems of one process run: one for each of its checks.

    Raises:
        NotFound: The process is not declared, or watches no other program.
        DatabaseError: The ledger does not answer.
    """
    found = tuple(each for each in _all(engine, processes, now) if each.process == name)
    if not found:
        known = sorted({key[0] for key, _ in keeper.checks_of(processes)})
        raise NotFound(
            f"no process {name!r} with a check of airflow_runs, spark_jobs or database_tables; "
            f"there are: {', '.join(known) or 'none'}"
        )
    return found


def ask(engine: Engine, processes: Processes, dependencies: ProbeDependencies, name: str) -> None:
    """Asks the systems of a process, or of all when the name is empty, what they run now.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    for key, check in keeper.checks_of(processes):
        if name in ("", key[0]):
            keeper.describe(engine, key, check, dependencies)


def _all(engine: Engine, processes: Processes, now: datetime) -> tuple[OutsideSystem, ...]:
    rows = {(row.process, row.check): row for row in outside_systems.read(engine)}
    return tuple(
        _system(key, processes[key[0]], check, rows.get(key), now)
        for key, check in sorted(keeper.checks_of(processes), key=lambda item: item[0])
    )


def _system(
    key: outside_systems.Key,
    process: Process,
    check: SystemCheck,
    row: OutsideSystemRow | None,
    now: datetime,
) -> OutsideSystem:
    entry = OutsideSystem(
        process=key[0],
        check=key[1],
        kind=check.kind,
        describes=check.describes or process.describes,
        owner=process.owner,
        address=masking.mask_url(check.url) or check.url_from,
        error="not asked yet",
    )
    if row is None or row.kind != check.kind:
        return entry
    asked = {"asked_at": row.asked_at, "error": row.error}
    if row.described_at is None:
        return entry.model_copy(update=asked)
    found = SystemDescription.model_validate_json(row.description)
    described = {
        "described_at": row.described_at,
        "age_s": max((now - row.described_at).total_seconds(), 0.0),
        "version": found.version,
        "workflows": len(found.workflows),
        "tables": len(found.tables),
        "description": found,
    }
    return entry.model_copy(update=asked | described)
