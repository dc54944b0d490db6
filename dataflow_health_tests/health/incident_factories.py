"""Problems and incidents with defaults for everything that a test does not set."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from dataflow_health.health.incident import Incident
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import Problem

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_problem(failures: int = 1, **given: Any) -> Problem:
    defaults = {
        "process": "parse", "check": "frames_in_sync", "kind": "asset_check", "cause": "no_sync",
        "quarantined": True, "severity": "error", "since": NOON,
    }  # fmt: skip
    return Problem.model_validate(defaults | {"failures": failures} | given)


def make_incident(**given: Any) -> Incident:
    """An incident; fields of its problem may be given directly."""
    problem = {
        "failures": 12,
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
    } | {name: value for name, value in given.items() if name in Problem.model_fields}
    incident = {
        "id": 7,
        "max_failures": 14,
        "likely_cause": "12 of 12 failures have tail HB-ZAC: 12 of 12 with it failed, 0 of 84 "
        "without it",
        "opened_at": NOON - timedelta(minutes=90),
        "updated_at": NOON,
    } | {name: value for name, value in given.items() if name not in Problem.model_fields}
    return Incident.model_validate({"problem": make_problem(**problem), **incident})
