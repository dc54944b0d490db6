"""Coverage: which algorithms apply to recordings, and what each of the others lacks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

NO_PHASES_REASON = (
    "the flight's phases are unknown: none of weight_on_wheels, radio_altitude_ft, collective_pct, "
    "engine torque and ground_speed_kt separates air from ground in this recording"
)

NO_SAMPLE_OF = "this recording has no sample of "
"""Begins the reason of an algorithm that lacks parameters; their names follow."""

PHASES = "flight phases"
"""Stands among lacking parameters for any parameter that gives phases of flight."""

LISTED = 8
"""Lacking parameters named in a sentence."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Algorithms that apply to some recordings.

    Attributes:
        algorithms: Number of algorithms.
        lacking: Parameters that each algorithm lacks that does not apply, by its name.
    """

    algorithms: int
    lacking: Mapping[str, tuple[str, ...]]

    @property
    def applicable(self) -> int:
        """Number of algorithms that apply."""
        return self.algorithms - len(self.lacking)

    @property
    def is_silent(self) -> bool:
        """Whether algorithms exist and none of them applies."""
        return self.algorithms > 0 and self.applicable == 0

    @property
    def missing(self) -> tuple[str, ...]:
        """All lacking parameters, those that most algorithms lack first."""
        counts = Counter(name for names in self.lacking.values() for name in names)
        return tuple(sorted(counts, key=lambda name: (-counts[name], name)))

    def describe(self, subject: str) -> str:
        """The sentence of :func:`coverage_sentence`."""
        return coverage_sentence(subject, self.applicable, self.algorithms, self.missing)


def coverage_sentence(
    subject: str, applicable: int, algorithms: int, missing: Sequence[str]
) -> str:
    """Sentence with the numbers, and with the parameters when no algorithm applies.

    Args:
        subject: Aircraft, layout or recording that it is about.
        applicable: Number of algorithms that apply.
        algorithms: Number of all.
        missing: Parameters that those which do not apply lack.
    """
    sentence = f"{applicable} of {algorithms} algorithms apply to {subject}"
    if applicable or not missing:
        return sentence
    more = len(missing) - LISTED
    rest = f" and {more} more" if more > 0 else ""
    return f"{sentence}: parameters not mapped: {', '.join(missing[:LISTED])}{rest}"


def result_coverage(results: Iterable[tuple[str, str, str]]) -> Coverage:
    """Coverage of a recording by its results.

    Args:
        results: Algorithm, outcome and reason of each result.
    """
    rows = sorted(results)
    return Coverage(
        len(rows),
        {
            algorithm: _lacking_by(reason)
            for algorithm, outcome, reason in rows
            if outcome == "not_applicable"
        },
    )


def _lacking_by(reason: str) -> tuple[str, ...]:
    """Parameters that a reason for ``not_applicable`` names, else the reason itself."""
    if reason == NO_PHASES_REASON:
        return (PHASES,)
    if reason.startswith(NO_SAMPLE_OF):
        return tuple(reason.removeprefix(NO_SAMPLE_OF).split(", "))
    return (reason,)
