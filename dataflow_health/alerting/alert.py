"""An alert in the form of Alertmanager: what fails, as labels that stay the same while it fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dataflow_health.health.incident import Incident

SOURCE = "dataflow_health"
"""Label of every alert of ours, for the routes and inhibitions of Alertmanager."""
FIRES_FOR = timedelta(minutes=15)
"""An alert ends by itself when no alert cycle repeats it for this long."""
NOTICE_FIRES_FOR = timedelta(minutes=10)
"""An alert about something that has no end, such as a finding or the daily digest."""
SEVERITIES = {"error": "critical", "warning": "warning", "alert": "critical", "info": "info"}
"""Severities in the words that Alertmanager's own examples use."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        labels: Identity of the alert; Alertmanager routes and groups by it.
        annotations: What people read; it may change while the alert fires.
        starts_at: Start, UTC.
        ends_at: End, UTC; in the future while it fires.
        page: URL of the page that shows it.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    page: str = ""

    def document(self) -> Mapping[str, object]:
        """The alert as Alertmanager's API takes it."""
        return {
            "labels": {name: value for name, value in self.labels.items() if value},
            "annotations": {name: value for name, value in self.annotations.items() if value},
            "startsAt": self.starts_at.isoformat(),
            "endsAt": self.ends_at.isoformat(),
            "generatorURL": self.page,
        }

    def hidden(self, hide: Callable[[str], str]) -> "Alert":
        """The alert with a function applied to each text."""
        return replace(
            self,
            labels={name: hide(value) for name, value in self.labels.items()},
            annotations={name: hide(value) for name, value in self.annotations.items()},
            page=hide(self.page),
        )


def of_incident(
    incident: Incident, annotations: Mapping[str, str], page: str, now: datetime
) -> Alert:
    """The alert of an incident as it is now: a muted one has ended, as one that is closed.

    Args:
        incident: The incident.
        annotations: What people read, such as ``summary`` and ``description``.
        page: URL of the page that shows it.
        now: Current time, UTC.
    """
    problem = incident.problem
    ended_at = incident.updated_at if incident.state == "muted" else incident.closed_at
    return Alert(
        labels={
            "alertname": problem.check,
            "source": SOURCE,
            "process": problem.process,
            "cause": problem.cause,
            "severity": SEVERITIES[problem.severity],
        },
        annotations=annotations,
        starts_at=incident.opened_at,
        ends_at=max(ended_at or now + FIRES_FOR, incident.opened_at),
        page=page,
    )


def of_notice(
    name: str, severity: str, annotations: Mapping[str, str], now: datetime, **labels: str
) -> Alert:
    """The alert of something that has no end, such as a finding.

    Args:
        name: Name of the alert.
        severity: ``error``, ``warning``, ``alert`` or ``info``.
        annotations: What people read, such as ``summary`` and ``description``.
        now: Current time, UTC.
        labels: Further labels.
    """
    return Alert(
        labels={
            "alertname": name, "source": SOURCE, "severity": SEVERITIES[severity], **labels
        },
        annotations=annotations,
        starts_at=now,
        ends_at=now + NOTICE_FIRES_FOR,
    )  # fmt: skip
