"""Identifies recordings by the names of their archive and member: recorder, aircraft and start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dataflow_health.flight.recorder import Recorder


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


def _match(patterns: tuple[str, ...], text: str) -> dict[str, str] | None:
    for pattern in patterns:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return {key: value for key, value in match.groupdict().items() if value}
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
