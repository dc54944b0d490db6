"""Builders for the tests of incidents."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dataflow_health.health.incident import CheckSample, Incident, Step, Streak, step
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import Problem

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_problem(failures: int = 1, *, severity: str = "error", **more: Any) -> Problem:
    told = {"process": "parse", "check": "frames_in_sync", "cause": "no_sync", **more}
    return Problem(failures=failures, severity=severity, since=NOON, **told)


def make_incident(**more: Any) -> Incident:
    told: dict[str, Any] = {
        "id": 7,
        "fingerprint": make_problem().fingerprint,
        "process": "parse",
        "check": "frames_in_sync",
        "cause": "no_sync",
        "severity": "error",
        "failures": 12,
        "most_failures": 14,
        "tails": ("HB-ZAC",),
        "days": (date(2026, 11, 20),),
        "examples": (
            Evidence(
                tail="HB-ZAC",
                archive="HB-ZAC_1.zip",
                member="HB-ZAC_1.rdf",
                byte_offset=4096,
                frame=12,
                expected="0x247",
                found="0x000 <zeros>",
            ),
        ),
        "detail": "recordings (12: no_sync) must be 0",
        "describes": "Enough of each recording lies in frames whose sync words hold.",
        "owner": "team:data-platform",
        "runbook": "docs/runbooks/parse.md",
        "likely": "tail HB-ZAC is in 12 of 12 failures: 12 of its 12 failed, 0 of 84 others",
        "opened_at": NOON - timedelta(minutes=90),
        "updated_at": NOON,
    }
    return Incident(**(told | more))


class CheckedOverTime:
    """A cause looked at once a minute."""

    def __init__(self, *, opens_after: int = 1, closes_after: int = 1) -> None:
        self.opens_after, self.closes_after = opens_after, closes_after
        self.now = NOON
        self.streak = Streak()
        self.incident: Incident | None = None
        self.changes: list[str] = []

    def look(self, failing: int | None, *, after: timedelta = MINUTE) -> Step:
        """``failing`` things, 0 for a pass, None for an answer that says nothing."""
        self.now += after
        seen = CheckSample(
            trouble=make_problem(failing) if failing else None,
            answered_at=None if failing is None else self.now,
            opens_after=self.opens_after,
            closes_after=self.closes_after,
        )
        then = step(seen, self.streak, self.incident, self.now)
        self.streak = then.streak
        self.incident = then.incident if then.incident and then.incident.is_open else None
        if then.change not in ("", "updated"):
            self.changes.append(then.change)
        return then
