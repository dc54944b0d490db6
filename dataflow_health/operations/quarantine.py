"""Quarantined archives and recordings: description, replay and write-off."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations.original_bytes import read_original
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import SET_ASIDE, State
from dataflow_health.storage.records.audit_log import Operator


class QuarantinedItem(BaseModel):
    """One archive or recording that a stage refused.

    Attributes:
        id: Id of the archive or recording.
        kind: ``archive`` or ``recording``.
        stage: Stage that refused it.
        state: ``quarantined`` or ``written_off``.
        reason: Reason code in snake case.
        detail: Reason in words, with expected and actual value.
        tail: Tail number of the aircraft; empty for an archive.
        archive: Name of the archive.
        member: Path of the recording inside the archive.
        layout: Layout its frames were decoded with.
        byte_offset: Position of the failure in the file, if there is a single one.
        frame: Frame number of the failure, if there is a single one.
        arrival_day: Arrival day, UTC.
        arrived_at: Arrival time.
        age_s: Seconds since the last refusal.
        attempts: Number of times the stage tried it.
        code_version: Version of the code that refused it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["archive", "recording"]
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


class QuarantinedDetail(QuarantinedItem):
    """One quarantined item, with the original bytes around the failure.

    Attributes:
        path: Path of the original file in the lake.
        size_bytes: Size of that file.
        start: Offset of the first byte in ``hex``.
        hex: Bytes around the failure, hexadecimal.
        note: Reason the bytes cannot be read; empty when they can.
    """

    path: str
    size_bytes: int
    start: int
    hex: str
    note: str = ""


def describe_item(record: StageRecord, now: datetime) -> QuarantinedItem:
    """Describes a quarantined archive or recording.

    Args:
        record: Record of :func:`dataflow_health.storage.ledger.quarantine.find`.
        now: Current time, UTC.
    """
    fields = {
        name: value
        for name, value in record._asdict().items()
        if name in QuarantinedItem.model_fields
    }
    return QuarantinedItem(
        **fields,
        kind="archive" if record.is_archive else "recording",
        age_s=round(age(record, now).total_seconds()),
    )


def describe_detail(deps: Dependencies, record: StageRecord) -> QuarantinedDetail:
    """Describes a quarantined item with the original bytes around the failure."""
    original = read_original(deps.lake, record)
    return QuarantinedDetail(
        **describe_item(record, deps.clock()).model_dump(),
        path=original.path,
        size_bytes=original.size_bytes,
        start=original.start,
        hex=original.content.hex(),
        note=original.note,
    )


def age(record: StageRecord, now: datetime) -> timedelta:
    """Time since the last refusal; a file's date says nothing about it."""
    return now - record.refused_at


def find_items(
    deps: Dependencies,
    id_prefixes: Sequence[str],
    *,
    states: Sequence[State] = SET_ASIDE,
) -> list[StageRecord]:
    """Finds the records whose ids begin with the given prefixes.

    Raises:
        NotFound: A prefix matches no record, or several.
    """
    return [quarantine.get(deps.engine, prefix, states) for prefix in id_prefixes]


def replay(
    deps: Dependencies,
    records: Sequence[StageRecord],
    operator: Operator,
    *,
    reason: str,
    layout: str | None = None,
) -> int:
    """Queues records again for the stage that refused them, for example after a fix.

    Args:
        deps: Ledger, lake and configuration.
        records: Quarantined or written-off records.
        operator: Person who replays them, for the audit log.
        reason: Reason, for the audit log.
        layout: Layout to decode the recordings with from now on.

    Returns:
        Number of records queued.

    Raises:
        NotFound: The layout does not exist.
        NotAllowed: A layout is given for an archive.
    """
    if layout is not None:
        _check_layout(deps.catalogue.layouts, records, layout)
    return quarantine.requeue(
        deps.engine,
        records,
        operator,
        action="replay",
        reason=f"{reason} (layout {layout})".strip() if layout else reason,
        at=deps.clock(),
        layout=layout,
    )


def write_off(
    deps: Dependencies, records: Sequence[StageRecord], operator: Operator, *, reason: str
) -> int:
    """Gives records up; their bytes are kept.

    Returns:
        Number of records written off.

    Raises:
        NotAllowed: The reason is blank.
    """
    if not reason.strip():
        raise NotAllowed("a write-off needs a reason for the audit log")
    return quarantine.write_off(deps.engine, records, operator, reason=reason, at=deps.clock())


def _check_layout(
    layouts: Mapping[str, object], records: Sequence[StageRecord], layout: str
) -> None:
    if layout not in layouts:
        near = difflib.get_close_matches(layout, layouts, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no layout {layout!r}; {hint}layouts: {', '.join(sorted(layouts))}")
    archives = [record for record in records if record.is_archive]
    if archives:
        raise NotAllowed(f"{archives[0].archive} is an archive; only recordings have a layout")
