"""Results of algorithms: findings, and one result per recording and algorithm."""

from dataclasses import dataclass
from typing import Literal

FindingSeverity = Literal["info", "warning", "alert"]
"""``info`` is a number worth keeping, ``warning`` is for the next inspection, ``alert`` for the
crew and the engineer before the aircraft flies again."""

AlgorithmOutcome = Literal["found", "clear", "not_applicable", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One event in one recording.

    Attributes:
        start_s: Time of the event's first sample, in seconds since the start of the recording.
        end_s: Time of its last sample (not the one after), so a single sample has both equal.
        peak: The most extreme value, in the unit of the measured value; None without one.
        peak_at_s: Time at which the peak was first reached.
        severity: Severity of the event.
        detail: For people: the value that the peak belongs to, or the parameter concerned.
    """

    start_s: float
    end_s: float
    peak: float | None = None
    peak_at_s: float | None = None
    severity: FindingSeverity = "warning"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AlgorithmResult:
    """Result of one algorithm on one recording; every pair has one, so no skip goes unnoticed.

    Attributes:
        algorithm: Name of the algorithm.
        version: Version of the algorithm's meaning.
        outcome: ``found`` something, ``clear``, ``not_applicable`` to this recording, or
            ``failed``.
        reason: Reason why it does not apply or failed, or parameters that could not be examined.
        findings: Findings in time order.
    """

    algorithm: str
    version: str
    outcome: AlgorithmOutcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
