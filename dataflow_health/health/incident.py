"""An incident, and the streak of check results that opens and closes it."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import Count, FrozenModel, Severity
from dataflow_health.health.problem import Problem

IncidentState = Literal["open", "acknowledged", "muted", "resolved"]
Resolution = Literal["false_alarm", "bad_data", "late", "fixed", "other", "recovered"]
"""``recovered``: the check passed again. The other values are chosen by an operator."""


class Streak(FrozenModel):
    """Consecutive results of one cause.

    Attributes:
        process: Root process.
        check: Check that shows the cause.
        failing: Consecutive failures.
        passing: Consecutive passes.
        checked_at: Time of the newest check result counted.
        flipped_at: Times of changes between failing and passing, within the flap window.
        accepted_failures: Failures that an operator resolved although they persist; the incident
            opens again only when more than these fail, or with a higher severity.
        accepted_severity: Severity of these failures when they were resolved.
    """

    process: str = ""
    check: str = ""
    failing: Count = 0
    passing: Count = 0
    checked_at: AwareDatetime | None = None
    flipped_at: tuple[AwareDatetime, ...] = ()
    accepted_failures: Count = 0
    accepted_severity: Severity = "error"

    def accepts(self, problem: Problem) -> bool:
        """Whether an operator resolved this problem although it persists."""
        more_severe = problem.severity == "error" and self.accepted_severity == "warning"
        return problem.failures <= self.accepted_failures and not more_severe

    @property
    def is_significant(self) -> bool:
        """False when a new, empty streak would lead to the same decisions."""
        return bool(self.failing or self.flipped_at or self.accepted_failures)


class Incident(FrozenModel):
    """One problem from its first to its last failure.

    Attributes:
        id: Incident number. 0 before it is stored; negative while only the alert sensor's cursor
            holds it because the ledger is unreachable.
        problem: The problem as last seen; aircraft and arrival days accumulate.
        state: Place in the life cycle.
        flapping: True while the check keeps changing between failing and passing.
        flap_count: Number of times it started to flap.
        max_failures: Highest number of failing items so far.
        likely_cause: Attribute shared by the failures, with its numbers; empty when none stands
            out.
        opened_at: Start of the failure.
        updated_at: Time of the last change.
        closed_at: Time of recovery or resolution; None while open.
        acknowledged_by: Operator who works on it.
        acknowledged_at: Time of the acknowledgement.
        muted_until: Expiry of the mute; None when not muted.
        mute_ticket: URL of the ticket of the last mute.
        muted_by: Operator who muted it last.
        mute_count: Number of times it was muted.
        resolution: Outcome; None while open.
        resolved_by: Operator who resolved it; empty when the check recovered.
        note: Last note of an operator.
    """

    id: int = 0
    problem: Problem
    state: IncidentState = "open"
    flapping: bool = False
    flap_count: Count = 0
    max_failures: Count
    likely_cause: str = ""
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: AwareDatetime | None = None
    muted_until: AwareDatetime | None = None
    mute_ticket: str = ""
    muted_by: str = ""
    mute_count: Count = 0
    resolution: Resolution | None = None
    resolved_by: str = ""
    note: str = ""

    @property
    def fingerprint(self) -> str:
        """Identity of the cause; at most one incident with it is open."""
        return self.problem.fingerprint

    @property
    def effective_severity(self) -> Severity:
        """Severity of the check, lowered to ``warning`` while the incident flaps."""
        return "warning" if self.flapping else self.problem.severity

    @property
    def is_open(self) -> bool:
        """True until it is closed, acknowledged and muted incidents included."""
        return self.closed_at is None

    def duration(self, now: datetime) -> timedelta:
        """Time from opening to closing, or until ``now`` while open."""
        return (self.closed_at or now) - self.opened_at
