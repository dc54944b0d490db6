from datetime import date, timedelta

import pytest

from dataflow_health.health import running_steps, waiting_work
from dataflow_health.health.ledger_check import WorkMoves
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.health.waiting_work import WaitingWork
from dataflow_health_tests.factories import NOON

DAY = date(2026, 11, 20)
STEP = RunningStep("parse", DAY, "run", "here", 77, 12, 40, NOON, NOON, NOON, limit_s=90)


@pytest.mark.parametrize(
    ("moved_s", "beat_s", "hangs"),
    [
        (5, 5, False),
        (85, 5, False),  # one long recording
        (95, 5, True),  # a read that hangs
        (45, 45, True),  # a stopped process
        (5, 45, False),  # the ledger took no heartbeat
    ],
)
def test_a_step_hangs_without_progress_or_without_a_heartbeat(
    moved_s: int, beat_s: int, hangs: bool
) -> None:
    step = STEP._replace(
        moved_at=NOON - timedelta(seconds=moved_s), beat_at=NOON - timedelta(seconds=beat_s)
    )
    assert step.hangs(NOON) is hangs


def test_a_hung_step_says_which_process_waits_and_how_far_it_came() -> None:
    later = NOON + timedelta(seconds=100)
    waiting = STEP._replace(beat_at=later)
    assert running_steps.describe(waiting, later) == (
        "the run of 2026-11-20 makes no progress for 1 min 40 s: it waits for something "
        "(12 of 40 done, process 77 on here)"
    )
    assert "its process sends no heartbeat" in running_steps.describe(STEP, later)
    [found] = [running_steps.evidence(STEP, later)]
    assert (found.reason, found.count, found.expected) == (
        "step_hangs", 28, "progress within 1 min 30 s",
    )  # fmt: skip


def test_a_hung_step_fails_the_check_of_its_stage_alone() -> None:
    check = WorkMoves(kind="work_moves", name="work_moves")
    later = NOON + timedelta(seconds=45)

    def outcome(stage: str) -> tuple[str, int]:
        result = waiting_work.judge(stage, check, WaitingWork((), (STEP,)), (), later)
        return result.outcome, len(result.evidence)

    assert outcome("parse") == ("failed", 1)
    assert outcome("store") == ("passed", 0)
