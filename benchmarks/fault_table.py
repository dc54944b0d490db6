"""Injects faults into a small installation and verifies the statuses in every interface.

Each case starts from the same healthy day, processed by Dagster through all eight stages into
SQLite. The fault is injected, the day runs again, the live checks run, and the report is compared
with the expected statuses. The statuses in Dagster's own UI are read from the same instance.

``python -m benchmarks.fault_table docs/faults.md`` writes the page; without an argument it only
verifies, and ``--only spark`` selects the cases with this word.
"""

import argparse
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from benchmarks import fault_faces as faces
from benchmarks.fault_cases import CASES, Case
from benchmarks.fault_injection import InjectionContext, land_healthy
from dataflow_health import definitions, logs, settings, wiring
from dataflow_health.clock import utc_now
from dataflow_health.errors import DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.monitoring import health_service
from dataflow_health.monitoring.dagster_state import DagsterSnapshot
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration.jobs import in_process
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations

COMPARED_STATUSES = (Status.FAILED, Status.BLOCKED, Status.WARNING)
"""Statuses that must equal the expected ones in every interface."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Result of one case.

    Attributes:
        case: The case.
        report: Health report after the fault.
        dagster_failed: Stages that Dagster's own UI shows as failed, without our health checks.
        errors: Deviations from the expected result; empty for none.
    """

    case: Case
    report: HealthReport
    dagster_failed: frozenset[str]
    errors: tuple[str, ...]


class FaultTable:
    """One healthy installation, restored for every case."""

    def __init__(self, folder: Path) -> None:
        """Creates the installation and runs its day through all eight stages."""
        self._home, self._healthy = folder / "home", folder / "healthy"
        self._config, self._archives = folder / "config", folder / "archives"
        self._day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        with _environment():
            chosen = self._adopt()
            dagster_home.prepare(chosen)
            land_healthy(self._home / "landing", self._day)
            self._run()
            _close(chosen)
        shutil.copytree(self._home, self._healthy)

    def run_case(self, case: Case) -> CaseResult:
        """Injects the fault of a case into the healthy installation and verifies the result."""
        with _environment():
            self._restore()
            context = InjectionContext(
                self._home, self._config, self._day, self._archives, self._run
            )
            for inject in case.injectors:
                inject(context)
            chosen = settings.load()
            if context.needs_run:
                self._run()
            report = _evaluate(chosen, context)
            errors = [*_status_errors(case, report), *_evidence_errors(context, report)]
            errors += self._face_errors(report)
            with dg.DagsterInstance.get() as instance:
                dagster_failed = faces.failed_in_dagster_ui(instance, definitions.build())
            _close(chosen)
        return CaseResult(case, report, dagster_failed, tuple(errors))

    def _adopt(self) -> Settings:
        self._config.mkdir(exist_ok=True)
        settings.provide({"DATAFLOW_HEALTH_CONFIG": str(self._config)})
        return settings.adopt(self._home)

    def _restore(self) -> None:
        for folder in (self._home, self._config):
            shutil.rmtree(folder)
        shutil.copytree(self._healthy, self._home)
        self._adopt()

    def _run(self) -> None:
        with dg.DagsterInstance.get() as instance:
            in_process.run_days(definitions.build(), instance, [self._day], lambda _day: None)

    def _face_errors(self, report: HealthReport) -> Iterator[str]:
        expected = _compared({each.name: each.status.value for each in report.processes})
        api, diagram = faces.api_and_diagram()
        by_face = {"CLI": faces.command_line(self._home), "API": api, "diagram": diagram}
        for face, statuses in by_face.items():
            if _compared(statuses) != expected:
                yield f"{face} shows {_compared(statuses)}, the report {expected}"


@contextmanager
def _environment() -> Iterator[None]:
    """Restores the environment variables at the end."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _close(chosen: Settings) -> None:
    """Closes the database of the installation before its files are replaced."""
    with suppress(DatabaseError):
        wiring.dependencies(chosen).engine.dispose()
    wiring.dependencies.cache_clear()


def _evaluate(chosen: Settings, context: InjectionContext) -> HealthReport:
    """Runs the live checks, saves their results if possible, and evaluates the report."""
    declared = wiring.catalogue(chosen)
    processes = declared.processes
    probe_deps = ProbeDependencies(
        utc_now, settings.export(chosen), DagsterSnapshot({"SENSOR": context.heartbeat_at})
    )
    results = ProbeScheduler(Pipeline(processes), probe_deps).probe_due()
    try:
        deps = wiring.dependencies(chosen)
        observations.save(deps.engine, results)
    except DatabaseError as error:
        return health_service.without_ledger(declared, str(error), utc_now(), results)
    return health_service.from_ledger(deps.engine, declared, utc_now(), results)


def _status_errors(case: Case, report: HealthReport) -> Iterator[str]:
    for status, names in zip(
        COMPARED_STATUSES, (case.failed, case.blocked, case.warning), strict=True
    ):
        actual = {process.name for process in report.processes if process.status is status}
        if actual != names:
            yield f"{status}: {sorted(actual)}, expected {sorted(names)}"


def _evidence_errors(context: InjectionContext, report: HealthReport) -> Iterator[str]:
    evidence = [
        item
        for each in report.processes
        if each.status in COMPARED_STATUSES
        for item in each.evidence
    ]
    files = {name for item in evidence for name in (item.archive, item.member)}
    offsets = {item.byte_offset for item in evidence}
    yield from (f"no evidence names {name}" for name in context.evidence_files if name not in files)
    yield from (
        f"no evidence has byte offset {offset}"
        for offset in context.evidence_offsets
        if offset not in offsets
    )


def _compared(statuses: Mapping[str, str]) -> dict[str, str]:
    return {
        name: status for name, status in sorted(statuses.items()) if status in COMPARED_STATUSES
    }


def to_markdown(results: Sequence[CaseResult]) -> str:
    """Formats the page."""
    rows = [_row(number, result) for number, result in enumerate(results, 1)]
    blamed = sum(bool(result.dagster_failed - result.case.failed) for result in results)
    missed = sum(
        bool(result.case.failed & set(STAGES) - result.dagster_failed) for result in results
    )
    return _PAGE.format(count=len(results), blamed=blamed, missed=missed, rows="\n".join(rows))


_PAGE = """# Faults and their statuses

Generated by `python -m benchmarks.fault_table docs/faults.md`. Each of the {count} faults was
injected into a healthy installation, processed by Dagster through all eight stages with real
archives, SQLite and Spark. The script verifies that exactly these processes are FAILED, BLOCKED and
WARNING in the report, in `/status`, in `dataflow-health status` and in the diagram, and that the
evidence names the file, and the byte offset where it is known.

The last column lists the stages that Dagster's own UI shows as failed by its partitions and
checks, without the health check of this project. It has no status BLOCKED: for {blamed} of the
faults it shows a stage without a fault as failed, and for {missed} it does not show the failed
stage. External processes appear there only through the live checks of this project.

| | fault | FAILED | BLOCKED | evidence | failed stages in Dagster's UI |
|---|---|---|---|---|---|
{rows}
"""


def _row(number: int, result: CaseResult) -> str:
    evidence = [item for cause in result.report.causes for item in cause.evidence]
    names = [item.member or item.archive for item in evidence]
    offsets = [f" at byte {c.byte_offset}" if c.byte_offset is not None else "" for c in evidence]
    named = [f"`{name}`{offset}" for name, offset in zip(names, offsets, strict=True) if name]
    failed = _names(result.case.failed) or f"(WARNING: {_names(result.case.warning)})"
    cells = (
        str(number),
        result.case.description,
        failed,
        _names(result.case.blocked),
        ", ".join(dict.fromkeys(named)) or _reason(result),
        _names(result.dagster_failed) or "none",
    )
    return f"| {' | '.join(cells)} |"


def _reason(result: CaseResult) -> str:
    failing = [p for p in result.report.processes if p.status in COMPARED_STATUSES[::2]]
    reason = failing[0].reason if failing else ""
    return re.sub(r"(\w+:/*)?/\S*/home/", "home/", reason).replace("|", "\\|")


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names, key=lambda n: (STAGES.index(n) if n in STAGES else -1, n)))


def main() -> None:
    """Runs every case; writes the page if all have the expected result."""
    parser = argparse.ArgumentParser(description="Injects faults and verifies their statuses.")
    parser.add_argument("page", nargs="?", type=Path, help="Markdown file to write.")
    parser.add_argument("--only", default="", help="Run only cases with this text.")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        table = FaultTable(Path(folder))
        results = []
        for case in (case for case in CASES if options.only in case.description):
            results.append(table.run_case(case))
            print("BAD" if results[-1].errors else "ok ", case.description)
            print(*(f"      {error}\n" for error in results[-1].errors), sep="", end="", flush=True)
    if any(result.errors for result in results):
        raise SystemExit(1)
    if options.page:
        options.page.write_text(to_markdown(results), encoding="utf-8")


if __name__ == "__main__":
    main()
