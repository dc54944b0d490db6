"""Failed check results without the items that an operator or a later run has settled since.

A result is kept until its check runs again. What it found may be gone before that: written off,
replayed, or processed again. The board must not stay red for it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from dataflow_health.health.check_status import FAILING_OUTCOMES
from dataflow_health.health.observation import Evidence, Observation, Outcome

EVIDENCE_LIMIT = 20
"""Entries of evidence saved with one result; its detail holds the number of all."""

ItemKey = tuple[str, str]
"""Stage, and id of an archive or a recording."""


class ItemState(NamedTuple):
    """Present state of an archive or a recording at a stage.

    Attributes:
        state: Its state in the ledger.
        finished_at: End of its last processing; None before the first one.
        attempts: Number of times it was begun since it came, or was put back by an operator.
    """

    state: str
    finished_at: datetime | None
    attempts: int


def items(observation: Observation) -> set[ItemKey]:
    """Archives and recordings that a failed result of an arrival day names."""
    if observation.outcome not in FAILING_OUTCOMES or observation.arrival_day is None:
        return set()
    return {(each.stage, each.recording_id) for each in observation.evidence if each.recording_id}


def without_settled(
    observation: Observation,
    states: Mapping[ItemKey, ItemState],
    quarantined: Mapping[tuple[str, date], int],
    now: datetime,
) -> Observation:
    """The result as it would be now, by the present states in the ledger.

    It passes when everything it names was written off or processed again, and runs when some of
    that was put back and its checks follow. An item that the ledger does not know counts as failed.

    Args:
        observation: The saved result.
        states: Present states of all items that it names.
        quarantined: Items in quarantine by process and arrival day.
        now: Evaluation time, UTC.
    """
    named = items(observation)
    if not named:
        return observation
    remaining = tuple(e for e in observation.evidence if _holds(e, observation, states))
    if len(remaining) == len(observation.evidence):
        return observation
    if remaining or _has_unnamed_items(observation, quarantined):
        return _partly_settled(observation, remaining)
    outcome: Outcome = "running" if any(_follows(states[key]) for key in named) else "passed"
    return observation.model_copy(
        update={
            "outcome": outcome,
            "at": now,
            "since_at": None,
            "data_through_at": observation.covers_data_until,
            "detail": "written off or replayed since the check ran",
            "evidence": (),
        }
    )


def _partly_settled(observation: Observation, remaining: tuple[Evidence, ...]) -> Observation:
    reasons = ", ".join(sorted({each.reason for each in remaining}))
    severities = {each.severity or observation.severity for each in remaining}
    return observation.model_copy(
        update={
            "evidence": remaining,
            "severity": "warning" if severities == {"warning"} else observation.severity,
            "detail": f"remaining ({len(remaining)}: {reasons}) must be 0"
            if remaining
            else observation.detail,
        }
    )


def _has_unnamed_items(
    observation: Observation, quarantined: Mapping[tuple[str, date], int]
) -> bool:
    """Whether items beyond the saved evidence are still in quarantine."""
    if len(observation.evidence) < EVIDENCE_LIMIT or observation.arrival_day is None:
        return False
    return quarantined.get((observation.process, observation.arrival_day), 0) > 0


def _holds(item: Evidence, observation: Observation, states: Mapping[ItemKey, ItemState]) -> bool:
    """Whether the item is still in the state in which the check found it."""
    if not item.recording_id:
        return True
    found = states.get((item.stage, item.recording_id))
    if found is None:
        return True
    if found.state == "done":
        return found.finished_at is None or found.finished_at <= observation.at
    return found.state != "written_off" and not _follows(found)


def _follows(found: ItemState) -> bool:
    """Whether the item was put back and is not processed yet, or is processed for the first time.

    One that waits after an attempt has failed in part, and counts as failed until a run proves it.
    """
    return (found.state == "waiting" and found.attempts == 0) or (
        found.state == "running" and found.attempts <= 1
    )
