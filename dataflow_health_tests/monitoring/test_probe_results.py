from datetime import timedelta

from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probe_results import REPEAT_AFTER, ProbeResults
from dataflow_health_tests.factories import NOON


def answer(outcome: str, seconds: float, detail: str = "") -> Observation:
    at = NOON + timedelta(seconds=seconds)
    return Observation.model_validate(
        {"process": "spark", "check": "spark_workers", "outcome": outcome, "at": at,
         "detail": detail}
    )  # fmt: skip


def test_an_outcome_keeps_its_beginning_while_it_lasts() -> None:
    live = ProbeResults()
    for seconds, outcome in enumerate(["passed", "passed", "failed", "failed"]):
        live.add([answer(outcome, seconds)])
    (newest,) = live.latest
    assert newest.since_at == NOON + timedelta(seconds=2)


def test_adding_reports_whether_a_result_differs() -> None:
    live = ProbeResults()
    assert live.add([answer("passed", 0, "workers (2) >= 1")])
    assert not live.add([answer("passed", 2, "workers (2) >= 1")])
    assert live.add([answer("passed", 4, "workers (1) >= 1")])
    assert live.add([answer("failed", 6, "workers (0) >= 1")])


def test_a_changed_outcome_is_kept_at_once_and_a_steady_one_now_and_then() -> None:
    live = ProbeResults()
    live.add([answer("passed", 0)])
    assert len(live.due(NOON)) == 1
    live.mark_saved(live.due(NOON))
    live.add([answer("passed", 2)])
    assert live.due(NOON + timedelta(seconds=2)) == []
    assert len(live.due(NOON + REPEAT_AFTER)) == 1
    live.add([answer("failed", 4)])
    assert [each.outcome for each in live.due(NOON + timedelta(seconds=4))] == ["failed"]


def test_what_was_never_answered_again_is_not_kept_again() -> None:
    live = ProbeResults()
    live.add([answer("passed", 0)])
    live.mark_saved(live.due(NOON))
    assert live.due(NOON + timedelta(hours=1)) == []
