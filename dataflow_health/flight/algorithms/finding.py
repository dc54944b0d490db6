"""What algorithms answer: findings, and for every recording and algorithm an outcome."""

from dataclasses import dataclass
from typing import Literal

FindingSeverity = Literal["info", "warning", "alert"]
"""``info`` is a number worth keeping, ``warning`` is for the next inspection, ``alert`` for the
crew and the engineer before the aircraft flies again."""

AlgorithmOutcome = Literal["found", "clear", "not_applicable", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One event.

    Attributes:
        start_s: Seconds from the recording's start to the first sample of the event.
        end_s: The same for its last sample (not the one after), so a single sample has both equal.
        peak: The most extreme value, in the unit of what was measured; None where nothing is.
        peak_at_s: When the peak was first reached.
        severity: How much it matters.
        detail: For a person: what the peak is of, or which parameter is meant.
    """

    start_s: float
    end_s: float
    peak: float | None = None
    peak_at_s: float | None = None
    severity: FindingSeverity = "warning"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AlgorithmResult:
    """What one algorithm says about one recording; there is always one, so nothing is skipped.

    Attributes:
        algorithm: Its name.
        version: Of the algorithm's meaning.
        outcome: ``found`` something, ``clear``, ``not_applicable`` to this recording, or
            ``failed``.
        reason: Why it does not apply or failed, or what could not be looked at.
        findings: In time order.
    """

    algorithm: str
    version: str
    outcome: AlgorithmOutcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
