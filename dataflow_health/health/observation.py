"""Observations: results of checks, and counts of what a stage holds.

A health report is computed from these two alone. Not here: how.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from dataflow_health.health.frozen_model import Count, FrozenModel, Severity

Outcome = Literal["passed", "failed", "errored", "running", "unknown"]
"""``errored``: the check itself could not run. ``running``: its result follows soon.
``unknown``: nothing to check, as when no address is configured; counts as never observed."""


class Evidence(FrozenModel):
    """Reason for a failure, down to the byte. Every field may be missing.

    Attributes:
        stage: Stage that found it.
        reason: Reason code such as ``crc_error``.
        tail: Aircraft.
        part: Asset inside the process, such as one algorithm.
        archive: File name of the archive.
        member: Path inside the archive.
        recording_id: SHA-256 of the recording.
        byte_offset: Position in the recording or archive.
        frame: Frame number.
        expected: Correct value.
        found: Actual value.
        hex: Bytes around the position, in hexadecimal.
        first_seen_at: Time when it was first found.
        count: Number of occurrences.
        command: Command that repairs it.
        link: Page that shows it.
        severity: Severity of this failure; None: that of the check.
    """

    stage: str = ""
    reason: str = ""
    tail: str = ""
    part: str = ""
    archive: str = ""
    member: str = ""
    recording_id: str = ""
    byte_offset: int | None = None
    frame: int | None = None
    expected: str = ""
    found: str = ""
    hex: str = ""
    first_seen_at: AwareDatetime | None = None
    count: Count = 1
    command: str = ""
    link: str = ""
    severity: Severity | None = None


class Observation(FrozenModel):
    """One result of one check.

    Attributes:
        process: Process that declares the check.
        check: Name of the check; ``step`` for the stage's own run.
        outcome: See :data:`Outcome`.
        at: Time of the result, UTC.
        severity: ``error``: a failure makes the process FAILED. ``warning``: WARNING.
        arrival_day: Arrival day of the data checked; None for the process as a whole.
        part: Asset inside the process, such as one algorithm; empty for the whole.
        detail: Measured value inside the condition: ``frames_in_sync_pct (98.5) >= 99``.
        evidence: Evidence, worst first.
        since_at: Start of this outcome; ``at`` when not given.
        data_through_at: Arrival time up to which data was checked; ``at`` when not given.
        link: Page that shows the check.
    """

    process: str
    check: str
    outcome: Outcome
    at: AwareDatetime
    severity: Severity = "error"
    arrival_day: date | None = None
    part: str = ""
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()
    since_at: AwareDatetime | None = None
    data_through_at: AwareDatetime | None = None
    link: str = ""

    @model_validator(mode="after")
    def _since_is_past(self) -> Self:
        if self.since_at is not None and self.since_at > self.at:
            raise ValueError(f"since_at {self.since_at} is after at {self.at}")
        return self

    @property
    def covers_data_until(self) -> AwareDatetime:
        """Time of the newest data that was checked."""
        return self.data_through_at or self.at


class StateCounts(FrozenModel):
    """Archives or recordings at a stage by state.

    Attributes:
        done: Finished.
        quarantined: Refused, waiting for an operator.
        written_off: Given up by an operator.
        in_flight: Waiting or running.
    """

    done: Count = 0
    quarantined: Count = 0
    written_off: Count = 0
    in_flight: Count = 0


class Counts(StateCounts):
    """Input and output counts of a stage, and whether they balance.

    Attributes:
        incoming: Items that the stage before handed over.
        duplicate: Items that came again and were not processed twice.
    """

    incoming: Count = 0
    duplicate: Count = 0

    @property
    def unaccounted(self) -> int:
        """Number of items that came in and are in no state; 0 by the conservation law."""
        known = self.done + self.quarantined + self.written_off + self.in_flight + self.duplicate
        return self.incoming - known

    @property
    def balances(self) -> bool:
        """True when the conservation law holds."""
        return self.unaccounted == 0


class StageCounts(Counts):
    """Counts of one stage and one arrival day.

    Attributes:
        process: Name of the stage.
        at: Time of counting, UTC.
        arrival_day: The day; None for all days together.
        running: Number of items of ``in_flight`` that are being processed.
        data_at: Last change of the stage's data of that day; older check results are stale.
        evidence: Evidence of quarantined items, or of some of them.
    """

    process: str
    at: AwareDatetime
    arrival_day: date | None = None
    running: Count = 0
    data_at: AwareDatetime | None = None
    evidence: tuple[Evidence, ...] = ()


def add_up(counts: Sequence[Counts]) -> Counts:
    """The sum of counts, field by field."""
    sums = {name: sum(getattr(each, name) for each in counts) for name in Counts.model_fields}
    return Counts(**sums)
