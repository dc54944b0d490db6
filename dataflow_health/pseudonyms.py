"""Stable pseudonyms of aircraft, for messages and exports that leave the operator's own systems.

A pseudonym is a keyed digest (HMAC-SHA256, RFC 2104) of the tail: the same for the same key, and
without the key not to be found by trying every tail there is.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MARK = "AC-"
"""Beginning of every pseudonym."""
LENGTH = 10
"""Letters and digits after it, 50 bits: two of a thousand aircraft are the same in one fleet of two
billion."""
SHORT = 4
"""Tails of fewer characters are replaced only where they stand by themselves."""
PATTERN = re.compile(rf"{MARK}[A-Z2-7]{{{LENGTH}}}")
_SEPARATOR = "[-_. ]?"


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms by a secret key."""

    key: bytes = field(repr=False)

    def of(self, tail: str) -> str:
        """The pseudonym of an aircraft, however its tail is written: ``hb-zaa``, ``HBZAA``."""
        digest = hmac.digest(self.key, _plain(tail).encode(), hashlib.sha256)
        return f"{MARK}{base64.b32encode(digest).decode()[:LENGTH]}"

    def hide(self, text: str, tails: Iterable[str]) -> str:
        """Text with the pseudonym in place of each of these tails, also inside file names."""
        names = sorted({_plain(tail): tail for tail in tails if _plain(tail)}, key=len)
        if not names:
            return text
        pattern = "|".join(map(_spelling, reversed(names)))
        return re.sub(pattern, lambda found: self.of(found[0]), text, flags=re.IGNORECASE)


def _plain(tail: str) -> str:
    """Letters and digits of a tail, capital: what all its spellings have in common."""
    return "".join(each for each in tail.upper() if each.isalnum())


def _spelling(plain: str) -> str:
    """Pattern of a tail with or without separators; between no other letters when it is short."""
    spelled = _SEPARATOR.join(map(re.escape, plain))
    return spelled if len(plain) >= SHORT else rf"(?<![^\W_]){spelled}(?![^\W_])"
