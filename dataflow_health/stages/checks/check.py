"""Context, result and signature of a check of a stage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health import remedy
from dataflow_health.health.observation import Evidence
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_records import StageRecord


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Limits of the operator that checks compare with.

    Attributes:
        source_url: Source of the archives.
        late_after: A longer time from landing to SQL is reported.
        disk_free_share: A smaller share of free disk space is reported.
    """

    source_url: str
    late_after: timedelta
    disk_free_share: float


@dataclass(frozen=True, slots=True)
class CheckContext:
    """Input of a check: one stage on one arrival day.

    Attributes:
        engine: Database of the ledger and the results.
        lake: Files of the stages.
        thresholds: Limits of the operator.
        stage: Name of the stage.
        day: Arrival day.
        now: Evaluation time, UTC.
        records: The stage's records of the day.
    """

    engine: Engine
    lake: Lake
    thresholds: Thresholds
    stage: str
    day: str
    now: datetime
    records: Sequence[StageRecord]

    @property
    def done(self) -> list[StageRecord]:
        """Records of what the stage finished."""
        return [record for record in self.records if record.state == "done"]


@dataclass(frozen=True, slots=True)
class StageCheckResult:
    """Result of one check.

    Attributes:
        passed: Whether the condition holds.
        detail: The condition with the measured values in it.
        evidence: What failed, one entry per archive, recording or aircraft.
        downgraded: Whether the check reports a warning at most, whatever its declared severity.
    """

    passed: bool
    detail: str
    evidence: tuple[Evidence, ...] = ()
    downgraded: bool = False


CheckFunction = Callable[[CheckContext], StageCheckResult]


def make_evidence(
    stage: str,
    record: StageRecord,
    *,
    expected: str = "",
    found: str = "",
    reason: str = "",
    part: str = "",
) -> Evidence:
    """Evidence about one archive or recording.

    Args:
        stage: Stage of the check.
        record: The archive or recording.
        expected: Value that the check expects.
        found: Value that was measured; the detail of the last refusal when not given.
        reason: Reason code; that of the last refusal when not given.
        part: Algorithm that the evidence is about.
    """
    return Evidence(
        stage=stage,
        reason=reason or record.reason or "",
        tail=record.tail,
        part=part,
        archive=record.archive or "",
        member=record.member,
        recording_id=record.id,
        byte_offset=record.byte_offset,
        frame=record.frame,
        expected=expected,
        found=found or record.detail or "",
        hex=record.evidence.hex(" ") if record.evidence else "",
        first_seen_at=record.finished_at,
        command=remedy.of_item(record.id, record.reason or "", record.state).command,
    )
