"""Quarantined archives and recordings: description, replay and write-off."""

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations.original_bytes import read_original
from dataflow_health.schemas import QuarantinedDetail, QuarantinedItem
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import SET_ASIDE, State
from dataflow_health.storage.records.audit_log import Operator


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
