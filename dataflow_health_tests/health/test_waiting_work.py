from datetime import date, datetime, timedelta

from dataflow_health.health import waiting_work
from dataflow_health.health.ledger_check import WorkMoves
from dataflow_health.health.observation import Observation
from dataflow_health.health.waiting_work import WaitingDay, WaitingWork
from dataflow_health_tests.factories import NOON

DAY = date(2026, 11, 20)
CHECK = WorkMoves(kind="work_moves", name="work_moves", at_most=timedelta(minutes=30))


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def judged(
    *days: WaitingDay, stage: str = "parse", failed: frozenset[date] = frozenset()
) -> Observation:
    return waiting_work.judge(stage, CHECK, WaitingWork(days), failed, NOON)


def test_nothing_that_waits_passes() -> None:
    result = judged()
    assert (result.outcome, result.since_at) == ("passed", NOON)
    assert result.detail == "nothing waits without progress, limit 30 min"


def test_a_day_that_moves_passes_however_long_its_oldest_recording_waits() -> None:
    assert judged(WaitingDay("parse", DAY, 7, ago(300), ago(29))).outcome == "passed"


def test_a_day_without_progress_fails_and_says_what_waits_and_for_how_long() -> None:
    result = judged(WaitingDay("parse", DAY, 7, ago(300), ago(95)))
    assert (result.outcome, result.severity) == ("failed", "error")
    assert result.detail == ("7 waiting without progress for 1 h 35 min, limit 30 min (2026-11-20)")
    assert result.since_at == ago(65)
    [evidence] = result.evidence
    assert (evidence.reason, evidence.count, evidence.command) == ("not_moving", 7, "")


def test_a_day_that_waits_for_others_that_move_is_queued_and_not_stuck() -> None:
    moving = WaitingDay("parse", DAY - timedelta(days=1), 1, ago(50), ago(5))
    queued = WaitingDay("parse", DAY, 7, ago(95), ago(95))
    assert judged(queued, moving).outcome == "passed"
    assert judged(queued._replace(moved_at=ago(13 * 60)), moving).outcome == "failed"
    assert judged(queued._replace(is_running=True), moving).outcome == "failed"


def test_only_the_stage_where_the_day_waits_is_red() -> None:
    assert judged(WaitingDay("parse", DAY, 7, ago(95), ago(95)), stage="store").outcome == "passed"


def test_a_day_whose_run_failed_has_its_cause_there() -> None:
    stuck = WaitingDay("parse", DAY, 7, ago(95), ago(95))
    assert judged(stuck, failed=frozenset({DAY})).outcome == "passed"


def test_archives_that_are_not_taken_have_a_cause_of_their_own() -> None:
    waiting = WaitingDay("download", DAY, 2, ago(40), ago(40), at_source=True)
    result = judged(waiting, stage="download")
    assert result.outcome == "failed"
    [evidence] = result.evidence
    assert evidence.reason == "not_taken"
    assert "2 seen at the source, not taken, since 2026-11-20" in evidence.found
    assert judged(waiting._replace(moved_at=ago(29)), stage="download").outcome == "passed"


def test_archives_wait_for_days_that_move_and_not_for_other_archives() -> None:
    waiting = WaitingDay("download", DAY, 2, ago(40), ago(40), at_source=True)
    fresh = WaitingDay("download", DAY + timedelta(days=1), 1, ago(1), ago(1), at_source=True)
    assert judged(waiting, fresh, stage="download").outcome == "failed"
    moving = WaitingDay("parse", DAY, 1, ago(40), ago(1))
    assert judged(waiting, moving, stage="download").outcome == "passed"
