"""Identifies recordings by the names of their archive and member: recorder, aircraft and start."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataflow_health.flight.recorder import Recorder

_NEAR = re.compile(r"\w{2,}[-_.]")
"""What a part of a pattern must match to be more than chance: a word with what separates it."""


@dataclass(frozen=True, slots=True)
class Identification:
    """Identification of a recording from the names of its archive and member.

    Attributes:
        recorder: Name of the recorder kind.
        tail: Aircraft; None when no name has it.
        layout: Layout of the frames; None for recorders without.
        started_at: Start of the recording, UTC; None when no name has it.
        archive_tail: Aircraft by the archive's name, when it is another than the member's.
    """

    recorder: str
    tail: str | None
    layout: str | None
    started_at: datetime | None
    archive_tail: str | None = None


def identify(archive: str, path: str, recorders: Mapping[str, Recorder]) -> Identification | None:
    """Finds the first recorder, in alphabetical order, whose patterns match. Pure.

    Args:
        archive: Name of the archive.
        path: Path of the member in the archive.
        recorders: All declared recorders by name.

    Returns:
        What the names say; None when no recorder matches.
    """
    for name, recorder in sorted(recorders.items()):
        member_groups = _match(recorder.members, path)
        archive_groups = _match(recorder.archives, archive)
        if member_groups is not None and (archive_groups is not None or not recorder.archives):
            return _identification(name, recorder, member_groups, archive_groups or {})
    return None


def near_matches(
    archive: str, paths: Sequence[str], recorders: Mapping[str, Recorder]
) -> Iterator[str]:
    """Sentences on recorders whose patterns match in part, for an archive that none recognises.

    Args:
        archive: Name of the archive.
        paths: Paths of its members.
        recorders: All declared recorders by name.
    """
    for name, recorder in sorted(recorders.items()):
        matching = next((path for path in paths if _match(recorder.members, path) is not None), "")
        if matching:
            patterns = " or ".join(recorder.archives)
            yield f"{name}: {matching} matches, but the archive's name does not match {patterns}"
        elif _match(tuple(filter(None, recorder.archives)), archive) is not None:
            patterns = " or ".join(recorder.members)
            yield f"{name}: the archive's name matches, but no member matches {patterns}"
        else:
            yield from _near_members(name, recorder.members, paths)


def _near_members(name: str, patterns: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """A sentence on the first member of which the start of a pattern matches a part."""
    for path in paths:
        for pattern in patterns:
            matched, rest = _longest_start(pattern, path)
            if _NEAR.search(matched):
                yield f"{name}: {path} matches up to {matched}, where {rest} is expected"
                return


def _longest_start(pattern: str, text: str) -> tuple[str, str]:
    """What the longest start of a pattern matches, and the rest of the pattern."""
    for end in range(len(pattern), 0, -1):
        try:
            found = re.search(pattern[:end], text, re.IGNORECASE)
        except re.error:
            continue  # cut inside a group or a class
        if found:
            return found[0], pattern[end:]
    return "", pattern


def _match(patterns: tuple[str, ...], text: str) -> dict[str, str] | None:
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            found = {key: value for key, value in match.groupdict().items() if value}
            return found | {"tail": found["tail"].upper()} if "tail" in found else found
    return None


def _identification(
    name: str, recorder: Recorder, member_groups: dict[str, str], archive_groups: dict[str, str]
) -> Identification:
    groups = {**archive_groups, **member_groups}
    tail = groups.get("tail") or recorder.tail
    layout = groups.get("layout") or getattr(recorder, "layouts", {}).get(tail, None)
    archive_tail = archive_groups.get("tail", tail)
    return Identification(
        recorder=name,
        tail=tail,
        layout=layout or getattr(recorder, "layout", None),
        started_at=_parse_time(groups.get("started_at"), recorder.started_at_format),
        archive_tail=archive_tail if archive_tail != tail else None,
    )


def _parse_time(text: str | None, time_format: str) -> datetime | None:
    try:
        return datetime.strptime(text, time_format).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
