"""Result of a layout import, and functions that all file formats share."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.layout import Clock, Layout

_CLOCK_NAMES = {
    "hour": ("UTC_HOUR", "GMT_HOUR", "aGMTH"),
    "minute": ("UTC_MIN", "GMT_MIN", "aGMTM"),
    "second": ("UTC_SEC", "GMT_SEC", "aGMTS"),
    "day": ("DAT_DAY", "DATE_DAY", "DAY", "aDAY"),
    "month": ("DAT_MONTH", "DATE_MONTH", "MONTH", "aMONTH"),
    "year": ("DAT_YEAR", "DATE_YEAR", "YEAR", "aYEAR"),
}
"""Usual names of the clock parameters; the files mark them in no other way."""


@dataclass(frozen=True, slots=True)
class ImportedLayouts:
    """Layouts read from a ground station's files.

    Attributes:
        layouts: Layouts by name.
        warnings: One line for everything that is not supported, left out or ambiguous.
    """

    layouts: Mapping[str, Layout]
    warnings: tuple[str, ...]


class UnsupportedParameterError(Exception):
    """A parameter of the file uses something that the importer does not support."""


def file_error(path: Path, problem: str, allowed: str) -> ConfigError:
    """The error of a file that cannot be imported.

    Args:
        path: The file.
        problem: What is wrong with the file.
        allowed: What would be valid instead.
    """
    return ConfigError((ConfigIssue(path.name, 0, "", problem, allowed),))


def find_clock(names: Iterable[str]) -> Clock:
    """The clock parameters among some names."""
    known = set(names)
    found = {
        field: next((name for name in candidates if name in known), None)
        for field, candidates in _CLOCK_NAMES.items()
    }
    return Clock(**found)


def unique_name(given: str, taken: Iterable[str]) -> str:
    """A name that SQL, YAML and TSV accept and that differs from all others, case ignored."""
    plain = re.sub(r"\W", "_", given.strip(), flags=re.ASCII) or "unnamed"
    plain = f"p_{plain}" if plain[0].isdigit() else plain
    used = {name.lower() for name in taken}
    candidates = (plain, *(f"{plain}_{number}" for number in range(2, len(used) + 3)))
    return next(name for name in candidates if name.lower() not in used)


def decode_text(raw: bytes) -> str:
    """Text in UTF-16 or UTF-8 with a byte order mark, UTF-8 without, or Latin-1."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
