"""One cause of a red or amber check: the input of alert rules and the content of incidents."""

import hashlib
from datetime import date

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import Count, FrozenModel, Severity
from dataflow_health.health.observation import Evidence


class QuarantineCount(FrozenModel):
    """Number of items that a stage holds in quarantine for one reason.

    Attributes:
        process: Name of the stage.
        reason: Reason code.
        failures: Number of items.
        tails: Aircraft concerned, sorted.
        days: Arrival days concerned, sorted.
    """

    process: str
    reason: str
    failures: Count
    tails: tuple[str, ...] = ()
    days: tuple[date, ...] = ()


class BlockedProcess(FrozenModel):
    """A process that waits for a failed one.

    Attributes:
        process: Name of the waiting process.
        recordings: Recordings held up between the failed process and this one.
    """

    process: str
    recordings: Count = 0


class Problem(FrozenModel):
    """One cause of a FAILED or WARNING check.

    Attributes:
        process: Root process: the one whose check fails, never one that only waits for it.
        check: Name of the failing check.
        kind: Kind of the check; empty when unknown.
        cause: Reason code; ``failed`` or ``errored`` when the check gives none.
        severity: Severity of the check.
        quarantined: Whether its items are in quarantine.
        failures: Number of items that fail for this cause.
        tails: Aircraft concerned.
        days: Arrival days concerned.
        examples: Evidence of a few failures.
        detail: Measured value inside the condition.
        describes: Assertion of the check, in words.
        owner: Owner of the process.
        runbook: Path or URL of the runbook.
        link: Page that shows the check.
        blocked: Processes that wait for this one.
        since: Start of the failure; None when unknown.
    """

    process: str
    check: str
    kind: str = ""
    cause: str
    severity: Severity
    quarantined: bool = False
    failures: Count = 1
    tails: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    examples: tuple[Evidence, ...] = ()
    detail: str = ""
    describes: str = ""
    owner: str = ""
    runbook: str = ""
    link: str = ""
    blocked: tuple[BlockedProcess, ...] = ()
    since: AwareDatetime | None = None

    @property
    def fingerprint(self) -> str:
        """Identity of the cause: equal for equal root process, check and reason code."""
        return fingerprint(self.process, self.check, self.cause)


def fingerprint(process: str, check: str, cause: str) -> str:
    """First 16 hex digits of the SHA-256 of root process, check and reason code."""
    return hashlib.sha256(f"{process}/{check}/{cause}".encode()).hexdigest()[:16]
