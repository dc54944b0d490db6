from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine

from dataflow_health.health.running_steps import RunningStep
from dataflow_health.storage.ledger import ledger, running_steps
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

STEP = RunningStep(
    "parse", date.fromisoformat(DAY), "run", "here", 77, 0, 0, NOON, NOON, NOON, limit_s=90.5
)


def test_a_step_is_read_as_it_was_saved_last(engine: Engine) -> None:
    running_steps.save(engine, STEP)
    moved = STEP._replace(finished=3, total=7)
    running_steps.save(engine, moved)
    assert running_steps.find(engine, NOON) == (moved,)
    running_steps.remove(engine, STEP._replace(run_id="another"))
    assert running_steps.find(engine, NOON) == (moved,)
    running_steps.remove(engine, STEP)
    assert running_steps.find(engine, NOON) == ()


def test_a_silent_step_is_in_flight_only_while_its_lock_is_held(engine: Engine) -> None:
    running_steps.save(engine, STEP)
    later = NOON + timedelta(minutes=1)
    assert running_steps.find(engine, later) == ()
    with locks.acquire(engine, locks.stage_lock("parse", DAY)):
        assert running_steps.find(engine, later) == (STEP,)


def test_the_longest_duration_is_of_done_work_of_the_stage(engine: Engine) -> None:
    ids = recordings(engine, 2)
    assert running_steps.longest(engine, "parse") is None
    slow = replace(result(ids[0]), finished_at=NOON + timedelta(seconds=50))
    ledger.finish(engine, "parse", DAY, "run", [slow, result(ids[1])])
    assert running_steps.longest(engine, "parse") == timedelta(seconds=50)
    assert running_steps.longest(engine, "download") is None
