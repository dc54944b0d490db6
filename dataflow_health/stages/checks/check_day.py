"""What a check may look at, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health.observation import Evidence
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_records import StageRecord


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the operator asks of the pipeline.

    Attributes:
        source_url: Where archives come from.
        silent_after: A known aircraft not heard from for this long is reported.
        late_after: Landing to SQL slower than this is reported.
        disk_free_share: Less free space than this share is reported.
    """

    source_url: str
    silent_after: timedelta
    late_after: timedelta
    disk_free_share: float


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check may look at: one stage on one day.

    Attributes:
        engine: The ledger's.
        lake: The files.
        thresholds: The operator's.
        stage: The stage.
        day: Arrival day.
        now: The moment.
        passages: The stage's rows of the day.
    """

    engine: Engine
    lake: Lake
    thresholds: Thresholds
    stage: str
    day: str
    now: datetime
    passages: Sequence[StageRecord]


@dataclass(frozen=True, slots=True)
class StageCheckResult:
    """What a check found.

    Attributes:
        passed: Whether it holds.
        detail: The measured value inside the condition.
        evidence: Evidence.
        mild: True when nothing worse than a warning was found, whatever the check's severity.
    """

    passed: bool
    detail: str
    evidence: tuple[Evidence, ...] = ()
    mild: bool = False


CheckFunction = Callable[[CheckContext], StageCheckResult]


def make_evidence(
    stage: str,
    row: StageRecord,
    *,
    expected: str = "",
    found: str = "",
    reason: str = "",
    part: str = "",
) -> Evidence:
    """Why one archive or recording is red."""
    return Evidence(
        stage=stage,
        reason=reason or row.reason or "",
        tail=row.tail,
        part=part,
        archive=row.archive or "",
        member=row.member,
        recording_id=row.id,
        byte_offset=row.byte_offset,
        frame=row.frame,
        expected=expected,
        found=found or row.detail or "",
        hex=row.evidence.hex(" ") if row.evidence else "",
        first_seen_at=row.finished_at,
        command=f"dataflow-health quarantine replay {row.id[:12]}",
    )
