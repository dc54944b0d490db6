"""What waits in quarantine: its evidence, its replay and its writing off, for every face alike."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dataflow_health.errors import NotAllowed, NotFound, StorageError
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.files.lake import partition_path
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import SET_ASIDE, State
from dataflow_health.storage.records.audit_log import Operator

BEFORE, SHOWN = 64, 256
"""Bytes shown before the place, and in all."""
WIDTH = 16


@dataclass(frozen=True, slots=True)
class OriginalBytes:
    """The original bytes around the place where a stage stopped.

    Attributes:
        path: Of the original bytes in the lake.
        size_bytes: Of all of them.
        start: Offset of the first byte shown.
        content: Bytes shown.
        note: Why there are none, when there are none.
    """

    path: str
    size_bytes: int
    start: int
    content: bytes
    note: str = ""


class QuarantinedItem(BaseModel):
    """One thing that a stage refused, as every face tells it.

    Attributes:
        id: Of the archive or recording.
        thing: Which of the two it is.
        stage: That refused it.
        state: ``quarantined`` or ``written_off``.
        reason: Reason code, ``detail`` for a person.
        tail: Aircraft; empty for an archive.
        archive: Name of the archive, ``member`` the path inside it.
        layout: By which its frames were read.
        byte_offset: Where in the bytes, ``frame`` in which frame.
        arrival_day: The day it counts to.
        arrived_at: When it landed.
        age_s: Since then.
        attempts: How often it was tried.
        code_version: Of the code that refused it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    thing: str
    stage: str
    state: str
    reason: str | None
    detail: str | None
    tail: str
    archive: str | None
    member: str
    layout: str | None
    byte_offset: int | None
    frame: int | None
    arrival_day: str
    arrived_at: AwareDatetime
    age_s: int
    attempts: int
    code_version: str | None


def describe_item(row: StageRecord, now: datetime) -> QuarantinedItem:
    """A row of :func:`dataflow_health.storage.ledger.quarantine.find`, told."""
    known = {
        name: getattr(row, name) for name in row._fields if name in QuarantinedItem.model_fields
    }
    thing = "archive" if row.is_archive else "recording"
    return QuarantinedItem(**known, thing=thing, age_s=round(age(row, now).total_seconds()))


def age(row: StageRecord, now: datetime) -> timedelta:
    """How long a thing has been without answer: since it landed, whatever was tried meanwhile."""
    return now - row.arrived_at


def original_path(row: StageRecord) -> str:
    """Where in the lake a thing's own bytes are, as they came."""
    if row.is_archive:
        return str(row.archive_path)
    place = partition_path(arrival_day=row.arrival_day, tail=row.tail)
    return f"extract/{place}/{row.id}.rdf"


def read_original(deps: Dependencies, row: StageRecord) -> OriginalBytes:
    """Bytes around the place; from the start when there is no place."""
    path = original_path(row)
    try:
        content = deps.lake.read(path)
    except StorageError as error:
        return OriginalBytes(path, 0, 0, b"", str(error))
    start = max((row.byte_offset or 0) - BEFORE, 0) // WIDTH * WIDTH
    return OriginalBytes(path, len(content), start, content[start : start + SHOWN])


def hex_dump(start: int, content: bytes, mark: int | None = None) -> list[str]:
    """Offset, sixteen bytes and their characters a line; ``>`` stands before the marked one's line.

    Args:
        start: Offset of the first byte.
        content: Bytes to show.
        mark: Offset to point at.
    """
    lines = []
    for at in range(0, len(content), WIDTH):
        chunk = content[at : at + WIDTH]
        offset = start + at
        here = mark is not None and offset <= mark < offset + WIDTH
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in chunk)
        words = f"{chunk[:8].hex(' ')}  {chunk[8:].hex(' ')}"
        lines.append(f"{'>' if here else ' '} {offset:08x}  {words:<49} {text}")
    return lines


def find_items(
    deps: Dependencies,
    ids: Sequence[str],
    *,
    states: Sequence[State] = SET_ASIDE,
) -> list[StageRecord]:
    """The things that ids, or beginnings of ids, name.

    Raises:
        NotFound: One names nothing, or several.
    """
    return [quarantine.get(deps.engine, each, states) for each in ids]


def replay(
    deps: Dependencies,
    things: Sequence[StageRecord],
    operator: Operator,
    *,
    reason: str,
    layout: str | None = None,
) -> int:
    """Puts things back before the stage that refused them, as after a fix; gives how many.

    Args:
        deps: Where they are.
        things: Rows of ``storage.ledger.quarantine.find``; written-off ones too.
        operator: Who asks.
        reason: Why.
        layout: Read the frames by this layout from now on.

    Raises:
        NotFound: No such layout is declared.
        NotAllowed: An archive is to have one.
    """
    if layout is not None:
        _refuse_layout(deps.catalogue.layouts, things, layout)
    return quarantine.requeue(
        deps.engine,
        things,
        operator,
        action="replay",
        reason=f"{reason} (layout {layout})".strip() if layout else reason,
        at=deps.clock(),
        layout=layout,
    )


def write_off(
    deps: Dependencies, things: Sequence[StageRecord], operator: Operator, *, reason: str
) -> int:
    """Gives things up; gives how many.

    Raises:
        NotAllowed: No reason is given: somebody has to answer for it.
    """
    if not reason.strip():
        raise NotAllowed("a write-off needs a reason that somebody can read in a year")
    return quarantine.write_off(deps.engine, things, operator, reason=reason, at=deps.clock())


def _refuse_layout(known: Mapping[str, object], things: Sequence[StageRecord], layout: str) -> None:
    if layout not in known:
        near = difflib.get_close_matches(layout, known, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no layout {layout!r}; {guess}layouts: {', '.join(sorted(known))}")
    whole = [row for row in things if row.is_archive]
    if whole:
        raise NotAllowed(f"{whole[0].archive} is an archive; only recordings have a layout")
