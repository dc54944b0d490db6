from datetime import timedelta

import pytest

from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.settled_evidence import (
    EVIDENCE_LIMIT,
    ItemState,
    items,
    without_settled,
)
from dataflow_health_tests.health.factories import DAY, NOON, ago, make_observation

FAILED_AT = ago(minutes=5)


def failed(*ids: str, severity: str | None = None) -> Observation:
    evidence = tuple(
        Evidence(stage="parse", reason="no_sync", recording_id=each, severity=severity)
        for each in ids
    )
    return make_observation(
        "parse", "frames_in_sync", "failed", at=FAILED_AT, arrival_day=DAY, evidence=evidence
    )


def state(name: str, *, minutes_after: int = -1, attempts: int = 1) -> ItemState:
    return ItemState(name, FAILED_AT + timedelta(minutes=minutes_after), attempts)


def judged(observation: Observation, *, quarantined: int = 0, **states: ItemState) -> Observation:
    known = {("parse", name): found for name, found in states.items()}
    return without_settled(observation, known, {("parse", DAY): quarantined}, NOON)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (state("quarantined"), "failed"),
        (state("written_off"), "passed"),
        (state("waiting", attempts=0), "running"),
        (state("running", attempts=1), "running"),
        (state("waiting", attempts=2), "failed"),
        (state("running", attempts=2), "failed"),
        (state("done"), "failed"),
        (state("done", minutes_after=1), "passed"),
        (state("quarantined", minutes_after=1), "failed"),
    ],
)
def test_a_result_follows_the_state_of_what_it_names(now, outcome) -> None:
    assert judged(failed("a"), a=now).outcome == outcome


def test_a_passed_result_covers_no_newer_data_than_the_check_saw() -> None:
    found = judged(failed("a"), a=state("written_off"))
    assert (found.at, found.covers_data_until, found.evidence) == (NOON, FAILED_AT, ())


def test_what_is_not_settled_stays_with_its_own_severity() -> None:
    both = failed("a").evidence + failed("b", severity="warning").evidence
    observation = failed().model_copy(update={"evidence": both})
    found = judged(observation, a=state("written_off"), b=state("done"))
    assert [each.recording_id for each in found.evidence] == ["b"]
    assert (found.outcome, found.severity) == ("failed", "warning")
    assert found.detail == "remaining (1: no_sync) must be 0"


def test_a_recording_that_the_ledger_does_not_know_counts_as_failed() -> None:
    assert judged(failed("a")) == failed("a")


def test_items_beyond_the_saved_evidence_keep_the_result_failed() -> None:
    ids = [f"r{number}" for number in range(EVIDENCE_LIMIT)]
    states = {each: state("written_off") for each in ids}
    assert judged(failed(*ids), quarantined=3, **states).outcome == "failed"
    assert judged(failed(*ids), quarantined=0, **states).outcome == "passed"


def test_only_failed_results_of_a_day_name_items() -> None:
    assert items(failed("a", "b")) == {("parse", "a"), ("parse", "b")}
    assert items(failed("a").model_copy(update={"outcome": "passed"})) == set()
    assert items(failed("a").model_copy(update={"arrival_day": None})) == set()
