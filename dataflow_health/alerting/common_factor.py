"""Common factor of failures: the one attribute value that failures share and other samples lack.

Every value of every attribute gives a two-by-two table of failed and sound samples. The result
carries these numbers, and there is none unless one value clearly stands out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb
from typing import NamedTuple

ATTRIBUTES = (
    "tail", "recorder", "layout", "firmware", "code_version", "source", "archive", "hour",
)  # fmt: skip
"""In order of preference among equals: first what a person can act on."""

MIN_FAILURES = 3
"""Any two failures share some value by chance."""
MIN_EXPLAINED = 0.9
"""Share of the failures that must have the value."""
MIN_CONFINED = 0.8
"""Share of the samples with the value that must have failed."""
MAX_CHANCE = 0.001
"""Highest probability, over all values tried, that so clean a split comes about by chance."""


class StageSample(NamedTuple):
    """One item that passed through a stage.

    Attributes:
        failed: True when it failed for the cause in question.
        attributes: Value by attribute; unknown attributes are left out.
    """

    failed: bool
    attributes: Mapping[str, str]


class CommonFactor(NamedTuple):
    """One value of one attribute, with its two-by-two table.

    Attributes:
        attribute: Name of the attribute.
        value: Value of the attribute.
        failed_with: Failures that have the value.
        failed: All failures.
        with_value: Samples that have the value, failed or not.
        others_failed: Failures that lack the value.
        others: Samples that lack the value, failed or not.
        same: Other attributes and values that split the samples as well.
    """

    attribute: str
    value: str
    failed_with: int
    failed: int
    with_value: int
    others_failed: int
    others: int
    same: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        same = "".join(f"; same for {_words(name)} {value}" for name, value in self.same)
        return (
            f"{self.failed_with} of {self.failed} failures have {_words(self.attribute)} "
            f"{self.value}: {self.failed_with} of {self.with_value} with it failed, "
            f"{self.others_failed} of {self.others} without it{same}"
        )


def find_common_factor(samples: Sequence[StageSample]) -> CommonFactor | None:
    """The attribute value that clearly explains the failures; None when no value does.

    Args:
        samples: All items that passed through the stage, failed or not.
    """
    failed = sum(sample.failed for sample in samples)
    if failed < MIN_FAILURES:
        return None
    values_tried = len({pair for sample in samples for pair in sample.attributes.items()})
    candidates = [each for each in _candidates(samples, failed) if _stands_out(each, values_tried)]
    if not candidates:
        return None
    best = max(candidates, key=_rank)
    equal = [e for e in candidates if e is not best and _rank(e)[:2] == _rank(best)[:2]]
    return best._replace(same=tuple((each.attribute, each.value) for each in equal))


def chance(factor: CommonFactor) -> float:
    """Probability of at least so many failures with the value: Fisher's exact test, one-sided."""
    total = factor.with_value + factor.others
    highest = min(factor.with_value, factor.failed)
    favourable = sum(
        comb(factor.with_value, hits) * comb(factor.others, factor.failed - hits)
        for hits in range(factor.failed_with, highest + 1)
    )
    return favourable / comb(total, factor.failed)


def _candidates(samples: Sequence[StageSample], failed: int) -> list[CommonFactor]:
    all_values = Counter(pair for sample in samples for pair in sample.attributes.items())
    failed_values = Counter(
        pair for sample in samples if sample.failed for pair in sample.attributes.items()
    )
    return [
        CommonFactor(
            attribute=name,
            value=value,
            failed_with=count,
            failed=failed,
            with_value=all_values[name, value],
            others_failed=failed - count,
            others=len(samples) - all_values[name, value],
        )
        for (name, value), count in failed_values.items()
        if name in ATTRIBUTES
    ]


def _stands_out(factor: CommonFactor, values_tried: int) -> bool:
    """Covers nearly all failures and little else, and hardly by chance.

    Many values tried make one good split likely by chance: the probability is multiplied by their
    number (Bonferroni correction).
    """
    explained = factor.failed_with >= MIN_EXPLAINED * factor.failed
    confined = factor.failed_with >= MIN_CONFINED * factor.with_value
    return explained and confined and chance(factor) * values_tried <= MAX_CHANCE


def _rank(factor: CommonFactor) -> tuple[int, int, int]:
    """More failures with the value first, then fewer sound samples, then attribute preference."""
    sound = factor.with_value - factor.failed_with
    return factor.failed_with, -sound, -ATTRIBUTES.index(factor.attribute)


def _words(attribute: str) -> str:
    return attribute.replace("_", " ")
