"""Coverage: which algorithms apply to recordings, and what each of the others lacks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

NO_PHASES_REASON = (
    "the flight's phases are unknown: none of weight_on_wheels, radio_altitude_ft, collective_pct, "
    "engine torque and ground_speed_kt separates air from ground in this recording"
)

NO_SAMPLE_OF = "this recording has no sample of "
"""Begins the reason of an algorithm that lacks parameters; their names follow."""

PHASES = "flight phases"
"""Stands among lacking parameters for any parameter that gives phases of flight."""

APPLICABLE = ("found", "clear")
"""Outcomes of an algorithm that applies."""

LISTED = 8
"""Lacking parameters named in a sentence."""

WITHOUT_SAMPLE = "parameters without a sample"
NOT_MAPPED = "parameters not mapped"
"""Names the lack before anything is recorded."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Algorithms that apply to some recordings.

    Attributes:
        algorithms: Number of algorithms.
        lacking: Parameters that each algorithm lacks that does not apply, by its name.
        reasons: Reason of each of the others that do not apply: it failed, or divides by zero.
    """

    algorithms: int
    lacking: Mapping[str, tuple[str, ...]]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def applicable(self) -> int:
        """Number of algorithms that apply."""
        return self.algorithms - len(self.lacking) - len(self.reasons)

    @property
    def is_silent(self) -> bool:
        """Whether algorithms exist and none of them applies."""
        return self.algorithms > 0 and self.applicable == 0

    @property
    def missing(self) -> tuple[str, ...]:
        """All lacking parameters, those that most algorithms lack first."""
        counts = Counter(name for names in self.lacking.values() for name in names)
        return tuple(sorted(counts, key=lambda name: (-counts[name], name)))

    def describe(self, subject: str, lack: str = WITHOUT_SAMPLE) -> str:
        """The sentence of :func:`coverage_sentence`."""
        return coverage_sentence(subject, self.applicable, self.algorithms, self.missing, lack)


def coverage_sentence(
    subject: str,
    applicable: int,
    algorithms: int,
    missing: Sequence[str],
    lack: str = WITHOUT_SAMPLE,
) -> str:
    """Sentence with the numbers, and with the parameters when no algorithm applies.

    Args:
        subject: Aircraft, layout or recording that it is about.
        applicable: Number of algorithms that apply.
        algorithms: Number of all.
        missing: Parameters that those which do not apply lack.
        lack: Name of the lack: :data:`WITHOUT_SAMPLE` or :data:`NOT_MAPPED`.
    """
    sentence = f"{applicable} of {algorithms} algorithms apply to {subject}"
    if applicable or not missing:
        return sentence
    more = len(missing) - LISTED
    rest = f" and {more} more" if more > 0 else ""
    return f"{sentence}: {lack}: {', '.join(missing[:LISTED])}{rest}"


def result_coverage(results: Iterable[tuple[str, str, str]]) -> Coverage:
    """Coverage of a recording by its results.

    Args:
        results: Algorithm, outcome and reason of each result.
    """
    rows = sorted(results)
    lacking, reasons = {}, {}
    for algorithm, outcome, reason in rows:
        if outcome in APPLICABLE:
            continue
        if outcome == "not_applicable" and (parameters := _lacking_by(reason)):
            lacking[algorithm] = parameters
        else:
            reasons[algorithm] = reason
    return Coverage(len(rows), lacking, reasons)


def _lacking_by(reason: str) -> tuple[str, ...]:
    """Parameters that a reason for ``not_applicable`` names; none for another reason."""
    if reason == NO_PHASES_REASON:
        return (PHASES,)
    if reason.startswith(NO_SAMPLE_OF):
        return tuple(reason.removeprefix(NO_SAMPLE_OF).split(", "))
    return ()
