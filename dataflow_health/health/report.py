"""The verdict: how every process is, since when, and why. Every face shows this, nothing else."""

from collections.abc import Mapping
from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dataflow_health.health.frozen_model import Severity
from dataflow_health.health.observation import Counts, Evidence, Outcome
from dataflow_health.health.status import Status


class ReportModel(BaseModel):
    """Base of what is reported: frozen."""

    model_config = ConfigDict(frozen=True)


class CheckHealth(ReportModel):
    """How one check of one process is.

    Attributes:
        name: Its name.
        kind: Its kind; ``step`` for the stage's own run.
        status: Worst over its days and parts.
        severity: As declared.
        describes: For people.
        detail: The measured value inside the condition, of the worst answer.
        outcome: Of that answer; None when never observed.
        since: Since when the status is this.
        at: When it was last answered.
        days: Arrival days that give it this status, newest first.
        evidence: Evidence of all its failures.
        link: Page that shows it.
    """

    name: str
    kind: str
    status: Status
    severity: Severity = "error"
    describes: str = ""
    detail: str = ""
    outcome: Outcome | None = None
    since: AwareDatetime | None = None
    at: AwareDatetime | None = None
    days: tuple[date, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    link: str = ""


class PartHealth(ReportModel):
    """How one asset inside a process is, such as one algorithm."""

    name: str
    status: Status
    detail: str = ""
    since: AwareDatetime | None = None


class ProcessHealth(ReportModel):
    """How one process is.

    Attributes:
        name: Its name.
        status: See :class:`~dataflow_health.health.status.Status`.
        since: Since when, as far as the observations tell.
        reason: Why, in one line.
        describes: For people; so are ``group``, ``owner`` and ``runbook``.
        external: True for what we only watch.
        after: Processes directly before it.
        counts: All days together; None when it counts nothing.
        checks: As declared, then the stage's own run.
        parts: Assets inside it.
        evidence: Why it is red, newest first.
        blocked_by: The FAILED processes it waits for: the causes, not the messengers.
        blocked_recordings: How many are held up between those causes and here.
        links: Pages by what they show: ``runbook``, and each check that has one.
    """

    name: str
    status: Status
    since: AwareDatetime | None = None
    reason: str = ""
    describes: str = ""
    group: str = ""
    owner: str = ""
    runbook: str = ""
    external: bool = False
    after: tuple[str, ...] = ()
    counts: Counts | None = None
    checks: tuple[CheckHealth, ...] = ()
    parts: tuple[PartHealth, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    blocked_by: tuple[str, ...] = ()
    blocked_recordings: int = 0
    links: Mapping[str, str] = {}


class HealthReport(ReportModel):
    """How everything is at one moment.

    Attributes:
        at: The moment.
        status: Worst of all processes.
        processes: Causes before effects.
    """

    at: AwareDatetime
    status: Status
    processes: tuple[ProcessHealth, ...] = ()

    def find(self, name: str) -> ProcessHealth | None:
        """The process of that name, None if there is none."""
        return next((each for each in self.processes if each.name == name), None)

    @property
    def causes(self) -> tuple[ProcessHealth, ...]:
        """What is FAILED: where to look first."""
        return tuple(each for each in self.processes if each.status is Status.FAILED)
