"""What was seen: answers of checks, and counts of what a stage holds.

Everything the verdict rests on is one of these two. Not here: what they mean together.
"""

from datetime import date
from typing import Literal, Self

from pydantic import AwareDatetime, model_validator

from dataflow_health.health.frozen_model import Count, FrozenModel, Severity

Outcome = Literal["passed", "failed", "errored", "running", "unknown"]
"""``errored``: the check itself could not be done. ``running``: it will be answered soon.
``unknown``: there is nothing to ask, as when no address is set; it counts as never observed."""


class Evidence(FrozenModel):
    """Why something is red, down to the byte. Every field may be missing.

    Attributes:
        stage: Where it was found.
        reason: Reason code such as ``crc_error``.
        tail: Aircraft.
        part: Asset inside the process that it is about, such as one algorithm.
        archive: Name of the archive, ``member`` the path inside it, ``recording_id`` its SHA-256.
        byte_offset: Where in the recording or archive.
        frame: Frame number.
        expected: What would be right, ``found`` what is there.
        hex: Bytes around the place, as hexadecimal.
        first_seen_at: When it was first seen.
        count: How many times.
        command: What puts it right, to copy into a terminal.
        link: Page that shows it.
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


class Observation(FrozenModel):
    """One answer of one check.

    Attributes:
        process: Whose check.
        check: Its name; ``step`` for the stage's own run.
        outcome: See :data:`Outcome`.
        severity: What a failure makes of the process.
        at: When it was answered, UTC.
        arrival_day: The day of data it is about; None when about the process as a whole.
        part: Which asset inside the process, such as one algorithm; empty for the whole.
        detail: The measured value inside the condition: ``frames_in_sync_pct (98.5) >= 99``.
        evidence: Evidence, worst first.
        since_at: Since when the outcome is this; ``at`` when not given.
        data_through_at: Data that came until then was looked at; ``at`` when not given.
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
    def looked_until_at(self) -> AwareDatetime:
        """Data newer than this was not looked at."""
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
        incoming: What the stage before handed over.
        duplicate: What came again and was not processed twice.
    """

    incoming: Count = 0
    duplicate: Count = 0

    @property
    def unaccounted(self) -> int:
        """What came in and is in no state; the conservation law says 0."""
        known = self.done + self.quarantined + self.written_off + self.in_flight + self.duplicate
        return self.incoming - known

    @property
    def balances(self) -> bool:
        """Whether the conservation law holds."""
        return self.unaccounted == 0

    def __add__(self, other: "Counts") -> "Counts":
        """The sum, field by field."""
        return Counts(**{f: getattr(self, f) + getattr(other, f) for f in Counts.model_fields})


class StageCounts(Counts):
    """The counts of one stage and one arrival day.

    Attributes:
        process: The stage.
        at: When it was counted, UTC.
        arrival_day: The day; None when all days are counted together.
        running: How many of ``in_flight`` are being worked now.
        data_at: When the stage's data of that day last changed: checks before it are stale.
        evidence: One a quarantined thing, as far as they are worth listing.
    """

    process: str
    at: AwareDatetime
    arrival_day: date | None = None
    running: Count = 0
    data_at: AwareDatetime | None = None
    evidence: tuple[Evidence, ...] = ()
