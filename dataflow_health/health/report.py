"""Health report: status of every process, its start, and its reason.

API, command line, Dagster and alerting all show this report.
"""

from collections.abc import Mapping
from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dataflow_health.health.check import DATA_CHECK_KINDS, LEDGER, STEP
from dataflow_health.health.frozen_model import Severity
from dataflow_health.health.observation import Counts, Evidence, Outcome
from dataflow_health.health.status import Status


class ReportModel(BaseModel):
    """Base of the report's models: frozen. Unknown keys are ignored, so clients may be older."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class CheckHealth(ReportModel):
    """Health of one check of one process.

    Attributes:
        name: Name of the check.
        kind: Kind of the check; ``step`` for the stage's own run.
        status: Worst status over arrival days and parts.
        severity: Declared severity.
        describes: Assertion of the check, in words.
        detail: Measured value inside the condition, of the worst result.
        outcome: Outcome of the worst result; None when never observed.
        since: Start of the status.
        at: Time of the newest result.
        days: Arrival days with this status, newest first; none when it is HEALTHY.
        evidence: Evidence of all failures.
        link: Page that shows the check.
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

    @property
    def is_live(self) -> bool:
        """True for a check that a probe runs: of a thing, not of a stage's data or its run."""
        return self.kind not in (*DATA_CHECK_KINDS, LEDGER, STEP)


class PartHealth(ReportModel):
    """Health of one asset inside a process, such as one algorithm."""

    name: str
    status: Status
    detail: str = ""
    since: AwareDatetime | None = None


class ProcessHealth(ReportModel):
    """Health of one process.

    Attributes:
        name: Name of the process.
        status: See :class:`~dataflow_health.health.status.Status`.
        since: Start of the status, as far as it was observed.
        reason: Reason for the status, in one line.
        describes: Purpose of the process, in words.
        group: Group of the process.
        owner: Person or team responsible.
        runbook: Path or URL of the runbook.
        external: True for a process that is only monitored, not run, by the pipeline.
        after: Processes directly before it.
        counts: Sum over all arrival days; None when it counts nothing.
        checks: Declared checks, then the stage's own run.
        parts: Assets inside it.
        evidence: Evidence of all failures, newest first.
        blocked_by: FAILED processes that it waits for: root causes only.
        blocked_recordings: Recordings held up between those processes and this one.
        links: Pages by name: ``runbook``, and each check that has one.
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
    """Health of all processes at one time.

    Attributes:
        at: Evaluation time, UTC.
        status: Worst status of all processes.
        processes: Processes, causes before effects.
    """

    at: AwareDatetime
    status: Status
    processes: tuple[ProcessHealth, ...] = ()

    def find(self, name: str) -> ProcessHealth | None:
        """The process with this name; None if there is none."""
        return next((each for each in self.processes if each.name == name), None)

    @property
    def causes(self) -> tuple[ProcessHealth, ...]:
        """FAILED processes: the root causes."""
        return tuple(each for each in self.processes if each.status is Status.FAILED)
