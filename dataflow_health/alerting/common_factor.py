"""What explains failures best: the one attribute that failures share and the rest does not.

A two-by-two table for each value of each attribute, nothing learnt, nothing hidden: the answer
carries its numbers, and there is none unless one attribute clearly stands out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb
from typing import NamedTuple

ATTRIBUTES = (
    "tail", "recorder", "layout", "firmware", "code_version", "source", "archive", "hour",
)  # fmt: skip
"""In the order in which equals are preferred: the cause a person can act on first."""

LEAST_FAILURES = 3
"""Two of anything share something by chance."""
EXPLAINED = 0.9
"""Share of the failures that must have the value."""
CONFINED = 0.8
"""Share of what has the value that must have failed."""
BY_CHANCE = 0.001
"""Probability, over all values tried, that so clean a split comes about by chance."""


class StageSample(NamedTuple):
    """One thing that went through a stage.

    Attributes:
        failed: Whether it failed by this cause.
        attributes: Value by attribute; unknown ones left out.
    """

    failed: bool
    attributes: Mapping[str, str]


class CommonFactor(NamedTuple):
    """One value of one attribute, with its numbers.

    Attributes:
        attribute: Which.
        value: Its value.
        failed_with: Failures that have it, of ``failed`` in all.
        with_value: Things that have it, failed or not.
        others_failed: Failures of the ``others`` that do not have it.
        same: Attributes that tell the same things apart, as a tail and its own layout.
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
        also = "".join(f", and so is {name} {value}" for name, value in self.same)
        return (
            f"{self.attribute.replace('_', ' ')} {self.value} is in {self.failed_with} of "
            f"{self.failed} failures: {self.failed_with} of its {self.with_value} failed, "
            f"{self.others_failed} of {self.others} others{also}"
        )


def find_common_factor(cases: Sequence[StageSample]) -> CommonFactor | None:
    """The attribute that clearly explains the failures; None when none does.

    Args:
        cases: Everything that went through, failed or not.
    """
    failed = sum(case.failed for case in cases)
    if failed < LEAST_FAILURES:
        return None
    found = _candidates(cases, failed)
    tried = len({pair for case in cases for pair in case.attributes.items()})
    clear = [each for each in found if _clearly(each, tried)]
    if not clear:
        return None
    best = max(clear, key=_standing)
    rivals = [each for each in clear if _standing(each)[:2] == _standing(best)[:2]]
    same = tuple((r.attribute, r.value) for r in rivals if r is not best)
    return best._replace(same=same)


def _candidates(cases: Sequence[StageSample], failed: int) -> list[CommonFactor]:
    whole = Counter(pair for case in cases for pair in case.attributes.items())
    bad = Counter(pair for case in cases if case.failed for pair in case.attributes.items())
    return [
        CommonFactor(
            attribute=name,
            value=value,
            failed_with=count,
            failed=failed,
            with_value=whole[name, value],
            others_failed=failed - count,
            others=len(cases) - whole[name, value],
        )
        for (name, value), count in bad.items()
        if name in ATTRIBUTES
    ]


def _clearly(each: CommonFactor, tried: int) -> bool:
    """Holds nearly all failures and little else, and hardly by chance."""
    explained = each.failed_with >= EXPLAINED * each.failed
    confined = each.failed_with >= CONFINED * each.with_value
    return explained and confined and by_chance(each) * tried <= BY_CHANCE


def by_chance(each: CommonFactor) -> float:
    """Fisher's exact test, one-sided: so many failures or more among what has the value."""
    total = each.with_value + each.others
    ways = comb(total, each.failed)
    most = min(each.with_value, each.failed)
    hits = range(each.failed_with, most + 1)
    return sum(comb(each.with_value, n) * comb(each.others, each.failed - n) for n in hits) / ways


def _standing(each: CommonFactor) -> tuple[int, int, int]:
    """More failures inside first, then fewer sound ones, then the attribute's place."""
    sound = each.with_value - each.failed_with
    return each.failed_with, -sound, -ATTRIBUTES.index(each.attribute)
