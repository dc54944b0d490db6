"""Agreement of names and descriptions that people shorten in their own way."""

import re
from collections.abc import Set
from functools import lru_cache

MIN_ABBREVIATION = 3
"""Letters from which the beginning of a word stands for it."""

_WORD = re.compile(r"[a-z]+|[0-9]+")


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """Words and numbers of a text, in lower case: ``OIL_PRESS_2`` has oil, press and 2."""
    return frozenset(_WORD.findall(text.lower()))


def words_share(given: Set[str], wanted: Set[str]) -> float:
    """Words in common among all words of two texts; ``temp`` and ``temperature`` are the same."""
    common = sum(any(_is_short_for(word, own) for own in given) for word in wanted)
    union = len(given) + len(wanted) - common
    return common / union if union > 0 else 0.0


def is_same_state(recorded: str, text: str) -> bool:
    """Whether two texts name one state: ``GND`` has the first and further letters of ground."""
    letters_of = ("".join(_WORD.findall(each.lower())) for each in (recorded, text))
    short, long = sorted(letters_of, key=len)
    if short == long:
        return True
    letters = iter(long)
    is_abbreviation = len(short) >= MIN_ABBREVIATION and all(each in letters for each in short)
    return is_abbreviation and short[0] == long[0]


def _is_short_for(first: str, second: str) -> bool:
    if first[0] != second[0]:
        return False
    short, long = (first, second) if len(first) < len(second) else (second, first)
    return short == long or (len(short) >= MIN_ABBREVIATION and long.startswith(short))
