"""Result of a layout import, and functions that all file formats share."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.layout import Clock, Counter, Layout, Parameter

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


MALFORMED = (ValueError, IndexError, ArithmeticError)
"""Errors of a field that is no number, zero, too large or missing; pydantic's are ValueErrors."""


def file_error(path: Path, problem: str, allowed: str) -> ConfigError:
    """The error of a file that cannot be imported.

    Args:
        path: The file.
        problem: What is wrong with the file.
        allowed: What would be valid instead.
    """
    return ConfigError((ConfigIssue(path.name, 0, "", problem, allowed),))


def make_layout(
    describes: str,
    words_per_subframe: int,
    counter: Counter | None,
    parameters: dict[str, Parameter],
    warnings: list[str],
    sync_words: tuple[int, int, int, int] | None = None,
) -> Layout:
    """The layout of a file. Parameters that it cannot hold are left out, with a warning.

    Args:
        describes: Description of the layout.
        words_per_subframe: Words in a subframe.
        counter: Superframe counter; None when the file declares none.
        parameters: Parameters by name.
        warnings: Gets a line for every parameter that is left out.
        sync_words: Sync words of subframes 1 to 4; None for the usual ones.
    """
    if counter is None:
        slow = [name for name, each in parameters.items() if _is_in_superframe(each)]
        warnings += [f"{each}: the file has no superframe counter; left out" for each in slow]
        parameters = {name: each for name, each in parameters.items() if name not in slow}
    last_words = {name: _last_word(each) for name, each in parameters.items()}
    for name, word in last_words.items():
        if 0 < words_per_subframe < word:
            warnings.append(f"{name}: word {word} is outside 1..{words_per_subframe}; left out")
            parameters = {other: each for other, each in parameters.items() if other != name}
    given = {} if sync_words is None else {"sync_words": sync_words}
    return Layout(
        describes=describes,
        words_per_subframe=words_per_subframe,
        counter=counter,
        clock=find_clock(parameters),
        parameters=parameters,
        **given,
    )


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turns the errors of wrong fields into the error of the file that has them.

    Raises:
        ConfigError: A field that the whole layout needs is missing or invalid.
    """
    try:
        yield
    except MALFORMED as error:
        allowed = "words, superframe counter and sync words as ARINC 717 allows them"
        raise file_error(path, first_problem(error), allowed) from error


def first_problem(error: Exception) -> str:
    """The first problem of an error of :data:`MALFORMED`, in one line."""
    if isinstance(error, IndexError):
        return "a field is missing"
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join((error.title, *map(str, first["loc"])))
        return f"{place}: {first['msg'].removeprefix('Value error, ')}"
    if isinstance(error, ArithmeticError):
        return f"a number is zero or too large: {error}"
    return str(error)


def _last_word(parameter: Parameter) -> int:
    return max(part.word for sample in parameter.samples for part in sample)


def _is_in_superframe(parameter: Parameter) -> bool:
    return any(part.frames for sample in parameter.samples for part in sample)


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
    numbered = (f"{plain}_{number}" for number in range(2, len(used) + 3))
    candidates = itertools.chain((plain,), numbered)
    return next(name for name in candidates if name.lower() not in used)


def decode_text(raw: bytes) -> str:
    """Text in UTF-16 or UTF-8 with a byte order mark, UTF-8 without, or Latin-1."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
