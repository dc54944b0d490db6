"""Faults put into a real small pipeline, and what every face says of each: ``docs/faults.md``.

Each starts from the same sound day, which Dagster ran through all eight stages into SQLite. Then a
fault is injected, the day is run again, the live checks are asked, and the report is held to what
was written down beforehand. What Dagster's own UI shows is read from the same instance.

``python -m benchmarks.fault_table docs/faults.md`` writes the page; without a file it only checks,
and ``--only spark`` keeps to the cases that say so.
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
from benchmarks.fault_scene import Scene, land_sound
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

TOLD = (Status.FAILED, Status.BLOCKED, Status.WARNING)
"""Statuses that must agree between a case and every face."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one case.

    Attributes:
        case: The case.
        report: The verdict.
        stock: Stages that Dagster's own UI shows red without our verdicts.
        wrong: What is not as it must be; empty when all is.
    """

    case: Case
    report: HealthReport
    stock: frozenset[str]
    wrong: tuple[str, ...]


class Table:
    """One sound installation, taken up anew for every case."""

    def __init__(self, folder: Path) -> None:
        """Makes the installation and runs its day through all eight stages."""
        self._home, self._sound = folder / "home", folder / "sound"
        self._config, self._archives = folder / "config", folder / "archives"
        self._day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        with _environment():
            chosen = self._adopt()
            dagster_home.prepare(chosen)
            land_sound(self._home / "landing", self._day)
            self._run()
            _let_go(chosen)
        shutil.copytree(self._home, self._sound)

    def see(self, case: Case) -> Seen:
        """Injects one case's fault into the sound installation, and looks."""
        with _environment():
            self._restore()
            scene = Scene(self._home, self._config, self._day, self._archives, self._run)
            for inject in case.inject:
                inject(scene)
            chosen = settings.load()
            if scene.runs:
                self._run()
            report = _look(chosen, scene)
            wrong = [*_verdict_faults(case, report), *_evidence_faults(scene, report)]
            wrong += self._face_faults(report)
            with dg.DagsterInstance.get() as opened:
                stock = faces.stock_red(opened, definitions.build())
            _let_go(chosen)
        return Seen(case, report, stock, tuple(wrong))

    def _adopt(self) -> Settings:
        self._config.mkdir(exist_ok=True)
        settings.provide({"DATAFLOW_HEALTH_CONFIG": str(self._config)})
        return settings.adopt(self._home)

    def _restore(self) -> None:
        for folder in (self._home, self._config):
            shutil.rmtree(folder)
        shutil.copytree(self._sound, self._home)
        self._adopt()

    def _run(self) -> None:
        with dg.DagsterInstance.get() as opened:
            in_process.run_days(definitions.build(), opened, [self._day], lambda _day: None)

    def _face_faults(self, report: HealthReport) -> Iterator[str]:
        told = _told({each.name: each.status.value for each in report.processes})
        api, diagram = faces.api_and_diagram()
        shown = {"CLI": faces.command_line(self._home), "API": api, "diagram": diagram}
        for face, statuses in shown.items():
            if _told(statuses) != told:
                yield f"{face} says {_told(statuses)}, the report {told}"


@contextmanager
def _environment() -> Iterator[None]:
    """Whatever is set inside is unset afterwards."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _let_go(chosen: Settings) -> None:
    """Forgets the installation's open database: its files are about to be replaced."""
    with suppress(DatabaseError):
        wiring.dependencies(chosen).engine.dispose()
    wiring.dependencies.cache_clear()


def _look(chosen: Settings, scene: Scene) -> HealthReport:
    """Asks the live checks, keeps what they say where that is possible, and judges."""
    declared = wiring.catalogue(chosen)
    processes = declared.processes
    asker = ProbeDependencies(
        utc_now, settings.export(chosen), DagsterSnapshot({"SENSOR": scene.beat_at})
    )
    answers = ProbeScheduler(Pipeline(processes), asker).probe_due()
    try:
        deps = wiring.dependencies(chosen)
        observations.save(deps.engine, answers)
    except DatabaseError as fault:
        return health_service.without_ledger(declared, str(fault), utc_now(), answers)
    return health_service.from_ledger(deps.engine, declared, utc_now(), answers)


def _verdict_faults(case: Case, report: HealthReport) -> Iterator[str]:
    for status, names in zip(TOLD, (case.failed, case.blocked, case.warning), strict=True):
        found = {each.name for each in report.processes if each.status is status}
        if found != names:
            yield f"{status} is {sorted(found)}, must be {sorted(names)}"


def _evidence_faults(scene: Scene, report: HealthReport) -> Iterator[str]:
    evidence = [item for each in report.processes if each.status in TOLD for item in each.evidence]
    files = {name for item in evidence for name in (item.archive, item.member)}
    places = {item.byte_offset for item in evidence}
    yield from (f"no evidence names {name}" for name in scene.named if name not in files)
    yield from (f"no evidence points to byte {at}" for at in scene.at_byte if at not in places)


def _told(statuses: Mapping[str, str]) -> dict[str, str]:
    return {name: status for name, status in sorted(statuses.items()) if status in TOLD}


def page(seen: Sequence[Seen]) -> str:
    """The table as Markdown."""
    rows = [_row(number, each) for number, each in enumerate(seen, 1)]
    innocent = sum(bool(each.stock - each.case.failed) for each in seen)
    missed = sum(bool(each.case.failed & set(STAGES) - each.stock) for each in seen)
    return _PAGE.format(count=len(seen), innocent=innocent, missed=missed, rows="\n".join(rows))


_PAGE = """# Faults, and what shows them

Written by `python -m benchmarks.fault_table docs/faults.md`. {count} faults, each put into a sound
installation that Dagster ran through all eight stages: real archives, SQLite, Spark. For each,
exactly the named processes were FAILED, BLOCKED and WARNING in the report, in `/status`, in
`dataflow-health status` and in the diagram, and the evidence named the file, and the byte where the
place is known; otherwise the script fails.

The last column is what Dagster's own UI shows by its own partitions and checks, without the check
`verdict` that this project writes beside them. It knows no BLOCKED: for {innocent} of the faults an
innocent stage was red, and for {missed} the stage at fault was not. What is outside the pipeline it
shows only by the live checks that this project asks there.

| | what happened | FAILED | BLOCKED | evidence | stages red in the stock UI |
|---|---|---|---|---|---|
{rows}
"""


def _row(number: int, seen: Seen) -> str:
    evidence = [item for cause in seen.report.causes for item in cause.evidence]
    names = [item.member or item.archive for item in evidence]
    places = [f" at byte {c.byte_offset}" if c.byte_offset is not None else "" for c in evidence]
    named = [f"`{name}`{place}" for name, place in zip(names, places, strict=True) if name]
    failed = _names(seen.case.failed) or f"(WARNING: {_names(seen.case.warning)})"
    cells = (
        str(number),
        seen.case.says,
        failed,
        _names(seen.case.blocked),
        ", ".join(dict.fromkeys(named)) or _reason(seen),
        _names(seen.stock) or "none",
    )
    return f"| {' | '.join(cells)} |"


def _reason(seen: Seen) -> str:
    loud = [each for each in seen.report.processes if each.status in TOLD[::2]]
    told = loud[0].reason if loud else ""
    return re.sub(r"(\w+:/*)?/\S*/home/", "home/", told).replace("|", "\\|")


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names, key=lambda n: (STAGES.index(n) if n in STAGES else -1, n)))


def main() -> None:
    """Sees every case; writes the page if all is as it must be."""
    asked = argparse.ArgumentParser(description="Puts faults in, and holds every face to them.")
    asked.add_argument("page", nargs="?", type=Path, help="Markdown file to write.")
    asked.add_argument("--only", default="", help="Keep to cases that say this.")
    given = asked.parse_args()
    warnings.simplefilter("ignore")
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        table = Table(Path(folder))
        seen = []
        for case in (each for each in CASES if given.only in each.says):
            seen.append(table.see(case))
            print("BAD" if seen[-1].wrong else "ok ", case.says)
            print(*(f"      {each}\n" for each in seen[-1].wrong), sep="", end="", flush=True)
    if any(each.wrong for each in seen):
        raise SystemExit(1)
    if given.page:
        given.page.write_text(page(seen), encoding="utf-8")


if __name__ == "__main__":
    main()
