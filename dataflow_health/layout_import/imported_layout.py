"""The result of an import, and what its readers share."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dataflow_health.flight.layout import Clock, Layout

_CLOCK_NAMES = {
    "hour": ("UTC_HOUR", "GMT_HOUR", "aGMTH"),
    "minute": ("UTC_MIN", "GMT_MIN", "aGMTM"),
    "second": ("UTC_SEC", "GMT_SEC", "aGMTS"),
    "day": ("DAT_DAY", "DATE_DAY", "DAY", "aDAY"),
    "month": ("DAT_MONTH", "DATE_MONTH", "MONTH", "aMONTH"),
    "year": ("DAT_YEAR", "DATE_YEAR", "YEAR", "aYEAR"),
}
"""Names that ground stations' files give the clock: they mark it in no other way."""


@dataclass(frozen=True, slots=True)
class ImportedLayouts:
    """Layouts read from a ground station's files.

    Attributes:
        layouts: By name.
        unknown: Everything that was not understood, left out or read with a doubt, a line each.
    """

    layouts: Mapping[str, Layout]
    unknown: tuple[str, ...]


def find_clock(names: Iterable[str]) -> Clock:
    """The clock among parameters of the usual names."""
    known = set(names)
    found = {
        hand: next((name for name in candidates if name in known), None)
        for hand, candidates in _CLOCK_NAMES.items()
    }
    return Clock(**found)


def unique_name(given: str, taken: Iterable[str]) -> str:
    """A name that SQL, YAML and TSV can hold, unlike all taken ones even where case is ignored."""
    plain = re.sub(r"\W", "_", given.strip(), flags=re.ASCII) or "unnamed"
    plain = f"p_{plain}" if plain[0].isdigit() else plain
    used = {name.lower() for name in taken}
    candidates = (plain, *(f"{plain}_{number}" for number in range(2, len(used) + 3)))
    return next(name for name in candidates if name.lower() not in used)


def decode_text(raw: bytes) -> str:
    """Text in the encodings these files come in: UTF-16 or UTF-8 with a mark, UTF-8, or Latin-1."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
