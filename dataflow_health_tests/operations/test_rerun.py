"""Which work a rerun queues, and two reruns of one day at once."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health import wiring
from dataflow_health.errors import NotFound
from dataflow_health.health.observation import Observation
from dataflow_health.operations import rerun
from dataflow_health.operations.rerun import RerunFilter
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.records import audit_log, observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY, NOON, zipped
from dataflow_health_tests.health.factories import asset_check, make_process
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.conftest import spark  # noqa: F401
from dataflow_health_tests.stages.processed_day import make_flight
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    states,
)

ANNA = Operator("anna", "cli@ops")
PROCESSES = {"parse": make_process(checks=[asset_check("frames_in_sync")])}
COMMAND = [sys.executable, "-m", "dataflow_health.cli"]


def planned(engine, **wanted):
    return {
        (r.stage, r.id) for r in rerun.plan(engine, RerunFilter(**wanted), PROCESSES, NOON).items
    }


def test_only_unfinished_work_is_planned(engine: Engine):
    ids = recordings(engine, 4)
    refuse(engine, ids[:1])
    ledger.finish(engine, "parse", DAY, "run", [StageResult(ids[1], "done", "1", NOON, NOON)])
    ledger.begin(engine, "parse", ids[2:3], "killed", NOON)
    assert planned(engine, stage="parse") == {("parse", ids[n]) for n in (0, 2, 3)}
    assert planned(engine) == planned(engine, stage="parse") | {("compress", ids[1])}


def test_a_day_whose_run_failed_is_run_again_though_everything_of_it_is_done(engine: Engine):
    failed = Observation(
        process="download", check="step", outcome="failed", at=NOON,
        arrival_day=date.fromisoformat(DAY),
    )  # fmt: skip
    observations.save(engine, [failed])
    assert rerun.plan(engine, RerunFilter(day=DAY), PROCESSES, NOON).days == (DAY,)
    assert rerun.plan(engine, RerunFilter(stage="download"), PROCESSES, NOON).days == (DAY,)
    assert rerun.plan(engine, RerunFilter(stage="parse"), PROCESSES, NOON).days == ()
    assert rerun.plan(engine, RerunFilter(day="2026-11-21"), PROCESSES, NOON).days == ()
    passed = failed.model_copy(update={"outcome": "passed", "at": NOON + timedelta(minutes=1)})
    observations.save(engine, [passed])
    assert rerun.plan(engine, RerunFilter(), PROCESSES, NOON).days == ()


def test_a_plan_keeps_to_stage_day_and_aircraft(engine: Engine):
    refuse(engine, recordings(engine, 1))
    refuse_archive(engine)
    assert {stage for stage, _ in planned(engine, stage="extract")} == {"extract"}
    assert planned(engine, day="2026-11-21") == set()
    assert planned(engine, tail="HB-ZZZ") == set()
    assert {stage for stage, _ in planned(engine, tail="HB-ZAA")} == {"extract", "parse"}


def test_work_of_a_live_run_is_left_alone(engine: Engine):
    ids = recordings(engine, 1)
    ledger.begin(engine, "parse", ids, "alive", NOON)
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert planned(engine, stage="parse") == set()
    assert planned(engine, stage="parse") == {("parse", ids[0])}


def test_planned_work_is_queued_with_an_audit_entry_for_each_item(engine: Engine):
    ids = recordings(engine, 2)
    refuse(engine, ids)
    plan = rerun.plan(engine, RerunFilter(stage="parse"), PROCESSES, NOON)
    assert rerun.begin(engine, plan, ANNA, reason="disk is back", at=NOON) == 2
    assert set(states(engine).values()) == {"waiting"}
    entries = audit_log.read(engine, action="rerun")
    assert {(entry.operator, entry.reason) for entry in entries} == {("anna", "disk is back")}
    assert len(rerun.unfinished(engine, plan)) == 2


def test_an_unknown_stage_is_refused_with_the_nearest_one(engine: Engine):
    with pytest.raises(NotFound, match="did you mean parse"):
        rerun.plan(engine, RerunFilter(stage="prase"), PROCESSES, NOON)
    with pytest.raises(NotFound, match="is not an arrival day"):
        rerun.plan(engine, RerunFilter(day="yesterday"), PROCESSES, NOON)


@pytest.mark.spark
def test_two_simultaneous_reruns_of_a_day_have_the_result_of_one(tmp_path, spark):  # noqa: F811
    landing = tmp_path / "landing"
    landing.mkdir()
    for hour in (6, 8, 10):
        name, _, raw = make_flight("HB-ZAA", hour, hour)
        (landing / f"{name}.zip").write_bytes(zipped({f"{name}.rdf": raw}))
    name, _, raw = make_flight("HB-ZAB", 7, 7)
    (landing / f"{name}.zip").write_bytes(zipped({f"{name}.rdf": raw})[:2000])
    chosen = Settings(home=tmp_path, settle_s=0)
    given = {"DATAFLOW_HEALTH_HOME": str(tmp_path), "DATAFLOW_HEALTH_SETTLE_S": "0"}
    environ = os.environ | given
    deps = wiring.dependencies(chosen)
    engine, day = deps.engine, deps.clock().date().isoformat()
    processed_day.run_stages(deps, landing, lambda: spark, day=day)
    ids = [row.id for row in stage_records.find(engine, stage="parse", day=day)]
    assert len(ids) == 3
    refuse_again(engine, day, ids)
    runs = [
        subprocess.Popen(
            [*COMMAND, "rerun", "--failed", "--json"],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    outputs = [run.communicate(timeout=1200) for run in runs]
    assert [run.returncode for run in runs] == [1, 1], outputs
    assert all(not json.loads(out)["failed_days"] for out, _ in outputs), outputs
    counts = {each.process: each for each in stage_counts(engine, NOON)}
    assert all(each.balances for each in counts.values())
    assert counts["load"].done == 3
    assert counts["extract"].quarantined == 1


def refuse_again(engine, day, ids):
    refused = [StageResult(each, "quarantined", "0", NOON, NOON, reason="no_sync") for each in ids]
    ledger.finish(engine, "parse", day, "run", refused)
