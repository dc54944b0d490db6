"""The law of truth, over any sequence of what stages, senders and operators do.

Each example is a real ledger. After every step the board and the incidents are compared with a
second account of what is wrong, which is read from nothing but the state of each recording.
"""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from dataflow_health.alerting import incident_commands
from dataflow_health.alerting.incident_engine import AlertConfig, update_incidents
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import STEP
from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Observation
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status, worst
from dataflow_health.monitoring import health_service
from dataflow_health.stages.checks import registry
from dataflow_health.stages.checks.check import Thresholds
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger, quarantine, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records import declared_versions, observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings

pytestmark = pytest.mark.slow

PHASES = (Phase.explicit, Phase.generate)
"""Without shrinking: an example takes a second, and its rules are few enough to read."""
ANNA = Operator("anna", "cli@ops")
STAGES = ("parse", "compress", "store")
REASONS = ("no_sync", "unknown_layout", "clock_consistent")
OUTCOMES = st.lists(st.sampled_from(["done", "remark", *REASONS]), min_size=4, max_size=4)
SEVERITY = {"error": Status.FAILED, "warning": Status.WARNING}
ALGORITHMS = ("peak", "low")
MOST = 9
"""Recordings that arrive in one example."""
REMARK = {"check": "duration_plausible", "severity": "warning", "parameter": "", "detail": "short"}


@pytest.fixture(scope="module")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger without rows, which every example copies."""
    path = tmp_path_factory.mktemp("law") / "ledger.sqlite"
    engine = database.connect(f"sqlite:///{path}")
    database.upgrade(engine)
    engine.dispose()
    return path


def stages_only() -> Catalogue:
    """The shipped pipeline without its external processes, which no rule changes."""
    whole = factories.catalogue()
    stages = {name: each for name, each in whole.processes.items() if not each.external}
    return replace(whole, processes=stages)


def _check_status(report: HealthReport, process: str, check: str) -> Status:
    found = report.find(process)
    assert found is not None
    return next(each.status for each in found.checks if each.name == check)


class Station(RuleBasedStateMachine):
    """A station that stages, operators and time act on."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "ledger.sqlite"
        shutil.copy(self.template, path)
        self.engine: Engine = database.connect(f"sqlite:///{path}")
        self.catalogue = stages_only()
        self.now = NOON
        self.run = 0
        self.moved_at = NOON
        self.declared: dict[str, tuple[str, datetime]] = {}
        self.answered: dict[str, tuple[dict[str, str], datetime]] = {}
        self.present: dict[str, tuple[str, datetime]] = {}
        self.analysed = recordings(self.engine, 6)[4:]
        self.arrived = 6
        for stage in RECORDING_STAGES[: RECORDING_STAGES.index("analyse")]:
            waiting = [each for each in self._records(stage, "waiting") if each.id in self.analysed]
            done = [self._result(each, "done") for each in waiting]
            ledger.finish(self.engine, stage, DAY, "run", done)
        self.an_analysis_ends(["0", "1"])
        for stage in STAGES:
            self._check(stage)

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @rule(stage=st.sampled_from(STAGES), outcomes=OUTCOMES)
    def a_run_of_a_stage_ends(self, stage: str, outcomes: list[str]) -> None:
        waiting = self._records(stage, "waiting", "running")
        results = [self._result(r, outcome) for r, outcome in zip(waiting, outcomes, strict=False)]
        self.moved_at = self.now if results else self.moved_at
        self._tick()
        ledger.finish(self.engine, stage, DAY, f"run-{self.run}", results)
        self._check(stage)

    @precondition(lambda self: self.arrived < MOST)
    @rule()
    def a_recording_arrives(self) -> None:
        self.moved_at = self._tick()
        recordings(self.engine, 1, first=self.arrived, arrived_at=self.now)
        self.arrived += 1

    @rule(stage=st.sampled_from(["parse", "store"]), version=st.sampled_from(["1", "2"]))
    def a_layout_or_mapping_changes(self, stage: str, version: str) -> None:
        if self.present.get(stage, ("", NOON))[0] != version:
            self.present[stage] = version, self._tick()
        versions = {(name, "generic_rdf", ""): each for name, (each, _) in self.present.items()}
        declared_versions.replace(self.engine, versions, self.now)

    @rule(stage=st.sampled_from(STAGES))
    def a_run_of_a_stage_begins(self, stage: str) -> None:
        ids = [each.id for each in self._records(stage, "waiting")]
        self.moved_at = self.now if ids else self.moved_at
        ledger.begin(self.engine, stage, ids, "run", self.now)

    @rule(which=st.integers(0, 5))
    def an_operator_writes_off(self, which: int) -> None:
        if refused := quarantine.find(self.engine):
            chosen = [refused[which % len(refused)]]
            quarantine.write_off(self.engine, chosen, ANNA, reason="lost", at=self._tick())

    @rule(which=st.integers(0, 5))
    def an_operator_replays(self, which: int) -> None:
        set_aside = quarantine.find(self.engine, states=["quarantined", "written_off"])
        if set_aside:
            chosen = [set_aside[which % len(set_aside)]]
            self.moved_at = self._tick()
            quarantine.requeue(
                self.engine, chosen, ANNA, action="replay", reason="", at=self.moved_at
            )

    @rule(which=st.integers(0, 3))
    def an_operator_mutes_and_unmutes(self, which: int) -> None:
        if incidents := self._incidents():
            chosen = incidents[which % len(incidents)]
            change = incident_commands.unmute if chosen.muted_until else incident_commands.mute
            given: dict[str, Any] = {"note": "", "now": self._tick()}
            if chosen.muted_until is None:
                given |= {"until": self.now + timedelta(hours=1), "ticket": "https://t/1"}
            change(self.engine, chosen.id, ANNA, **given)

    @rule(step_s=st.sampled_from([30, 600, 7200]))
    def time_passes(self, step_s: int) -> None:
        self.now += timedelta(seconds=step_s)

    @rule()
    def the_clock_is_set_back(self) -> None:
        self.now -= timedelta(hours=1)

    @rule()
    def a_check_is_removed_from_the_yaml_and_comes_back(self) -> None:
        whole = stages_only()
        if self.catalogue.processes != whole.processes:
            self.catalogue = whole
            return
        parse = whole.processes["parse"]
        checks = tuple(each for each in parse.checks if each.name != "duration_plausible")
        fewer = {**whole.processes, "parse": parse.model_copy(update={"checks": checks})}
        self.catalogue = replace(whole, processes=fewer)

    @rule(name=st.sampled_from(ALGORITHMS), version=st.sampled_from(["1", "2"]))
    def an_algorithm_is_added_or_changed(self, name: str, version: str) -> None:
        if self.declared.get(name, ("", NOON))[0] != version:
            self.declared[name] = version, self._tick()
        self._declare()

    @rule(name=st.sampled_from(ALGORITHMS))
    def an_algorithm_is_removed(self, name: str) -> None:
        self.declared.pop(name, None)
        self._declare()

    @rule(which=st.lists(st.sampled_from(["0", "1"]), min_size=1, unique=True))
    def an_analysis_ends(self, which: list[str]) -> None:
        versions = {name: version for name, (version, _) in self.declared.items()}
        ids = [self.analysed[int(each)] for each in which]
        self.moved_at = self._tick()
        analyse(self.engine, ids, versions, self.moved_at)
        self.answered |= dict.fromkeys(ids, (versions, self.moved_at))

    @rule()
    def more_than_a_day_passes(self) -> None:
        self.now += timedelta(hours=25)

    @invariant()
    def the_law_holds(self) -> None:
        """Every part of the law, about one report: to make it is most of the work."""
        report = self._report()
        self._an_answer_that_is_owed_is_amber_then_red_and_nothing_else_is(report)
        self._a_recording_of_an_older_version_is_amber_then_red_and_nothing_else_is(report)
        self._the_board_shows_what_is_wrong_and_nothing_else(report)
        self._nothing_is_lost(report)
        self._whatever_is_red_has_an_open_incident_of_its_severity(report)

    def _an_answer_that_is_owed_is_amber_then_red_and_nothing_else_is(
        self, report: HealthReport
    ) -> None:
        shown = _check_status(report, "analyse", "answers_complete")
        assert shown is self._status_of_debt(self._owed_since())

    def _a_recording_of_an_older_version_is_amber_then_red_and_nothing_else_is(
        self, report: HealthReport
    ) -> None:
        for stage in ("parse", "store"):
            shown = _check_status(report, stage, "versions_current")
            assert shown is self._status_of_debt(self._outdated_since(stage))

    def _the_board_shows_what_is_wrong_and_nothing_else(self, report: HealthReport) -> None:
        records = stage_records.find(self.engine, day=DAY)
        in_state = {(each.stage, each.state) for each in records}
        wrong = {s for s in STAGES if (s, "quarantined") in in_state} | self._stuck(in_state)
        debts = {"analyse": self._owed_since()}
        debts |= {stage: self._outdated_since(stage) for stage in ("parse", "store")}
        wrong |= {s for s, since in debts.items() if self._status_of_debt(since) is Status.FAILED}
        assert {each.name for each in report.causes} == wrong
        for stage in STAGES:
            found = report.find(stage)
            assert found is not None
            if (stage, "running") in in_state:
                assert found.status is not Status.HEALTHY

    def _whatever_is_red_has_an_open_incident_of_its_severity(self, report: HealthReport) -> None:
        self._tick()
        problems = find_problems(report, quarantine.counts(self.engine))
        config = AlertConfig(self.catalogue.processes, {})
        update_incidents(SqlIncidentStore(self.engine), config, report, problems, self.now)
        reworked = {
            (process.name, check.name)
            for process in report.processes
            for check in process.checks
            if check.status is Status.RUNNING
        }
        opened: dict[str, set[Status]] = {}
        for problem in (each.problem for each in self._incidents()):
            if (problem.process, problem.check) not in reworked:
                opened.setdefault(problem.process, set()).add(SEVERITY[problem.severity])
        shown = {
            process.name: process.status
            for process in report.processes
            if process.status in SEVERITY.values()
        }
        assert {name: worst(statuses) for name, statuses in opened.items()} == shown

    def _nothing_is_lost(self, report: HealthReport) -> None:
        assert [e.name for e in report.processes if e.counts and e.counts.unaccounted] == []

    def _declare(self) -> None:
        """Saves the declared algorithms."""
        versions = {name: version for name, (version, _) in self.declared.items()}
        declare(self.engine, versions, self.now)

    def _owed_since(self) -> datetime | None:
        """Start of the oldest debt; None when every answer is there."""
        return min(
            (
                max(declared_at, analysed_at)
                for versions, analysed_at in self.answered.values()
                for name, (version, declared_at) in self.declared.items()
                if versions.get(name) != version
            ),
            default=None,
        )

    def _outdated_since(self, stage: str) -> datetime | None:
        """Start of the oldest debt of a stage, of recordings that parse does not owe itself."""
        owed = {
            name: {
                each.id: max(each.finished_at, self.present[name][1])
                for each in self._records(name, "done")
                if each.finished_at and each.code_version != self.present[name][0]
            }
            for name in ("parse", stage)
            if name in self.present
        }
        if stage == "store":
            owed["store"] = {
                id_: since
                for id_, since in owed.get("store", {}).items()
                if id_ not in owed.get("parse", {})
            }
        return min(owed.get(stage, {}).values(), default=None)

    def _status_of_debt(self, since: datetime | None) -> Status:
        if since is None:
            return Status.HEALTHY
        return Status.FAILED if self.now - since >= timedelta(days=1) else Status.WARNING

    def _stuck(self, in_state: set[tuple[str, str]]) -> set[str]:
        """The first stage with something unfinished, when nothing has moved for too long."""
        unfinished = [s for s in RECORDING_STAGES if {(s, "waiting"), (s, "running")} & in_state]
        limit = timedelta(hours=2) if unfinished[:1] == ["ingest"] else timedelta(minutes=30)
        return set(unfinished[:1] if self.now - self.moved_at > limit else [])

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def _report(self) -> HealthReport:
        return health_service.from_ledger(self.engine, self.catalogue, self.now)

    def _incidents(self) -> list[Incident]:
        with SqlIncidentStore(self.engine).reading() as stored:
            return list(stored.open_incidents().values())

    def _records(self, stage: str, *states: Any) -> list[StageRecord]:
        return stage_records.find(self.engine, stage=stage, day=DAY, states=list(states))

    def _result(self, record: StageRecord, outcome: str) -> StageResult:
        self.run += 1
        measured: dict[str, Any] = {"ratio": 0.2}
        if outcome == "remark":
            measured["remarks"] = [REMARK]
        refused = outcome in REASONS
        return StageResult(
            record.id,
            "quarantined" if refused else "done",
            self.present.get(record.stage, ("1", NOON))[0],
            self.now,
            self.now,
            reason=outcome if refused else None,
            detail="no frame" if refused else None,
            rows_out=10,
            output_digest=str(self.run),
            output_path="path",
            measurements=measured,
        )

    def _check(self, stage: str) -> None:
        """A run's end: its step passed and its checks are evaluated."""
        run = Observation(
            process=stage,
            check=STEP,
            outcome="passed",
            at=self._tick(),
            arrival_day=NOON.date(),
        )
        found = registry.evaluate(
            self.catalogue,
            self.engine,
            Lake("file:///nowhere"),
            Thresholds("", timedelta(hours=6), 0.1),
            stage,
            DAY,
            self._tick(),
        )
        observations.save(self.engine, [run, *found])


def test_green_is_true_and_red_ends_with_its_cause(empty_ledger: Path) -> None:
    Station.template = empty_ledger
    run_state_machine_as_test(
        Station,
        settings=settings(max_examples=30, stateful_step_count=15, deadline=None, phases=PHASES),
    )
