"""Ground truth of a fleet: what was injected, to compare with the results."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class TruthModel(BaseModel):
    """Base of the ground truth models: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultTruth(TruthModel):
    """A fault in an archive or recording.

    Attributes:
        name: A key of :data:`~dataflow_health.simulator.faults.FAULT_KINDS`.
        level: ``archive``, ``recording`` or ``parameter``.
        stage: Stage at which it must show.
        outcome: Outcome at that stage, see ``simulator.fault_kind.FaultOutcome``.
        reason: Reason code, check or algorithm that reports it; empty if none does.
    """

    name: str
    level: str
    stage: str
    outcome: str
    reason: str


class EventTruth(TruthModel):
    """An event that must be found.

    Attributes:
        algorithm: Algorithm that must find it.
        tail: Tail number of the aircraft.
        recording: SHA-256 of the recording.
        start_s: Second of the recording with the finding's first sample.
        end_s: Second of the recording with the finding's last sample.
        peak: Exact peak of the finding.
        unit: Unit of the peak.
        also_found_by: Other algorithms that correctly find it too.
    """

    algorithm: str
    tail: str
    recording: str
    start_s: int
    end_s: int
    peak: float
    unit: str
    also_found_by: tuple[str, ...] = ()


class RecordingTruth(TruthModel):
    """A recording in an archive, before a fault of the archive is applied.

    Attributes:
        id: SHA-256 of its bytes.
        name: Name of the archive member.
        archive: Name of the archive.
        tail: Tail number of the aircraft.
        started_at: Time of the first second, UTC.
        duration_s: Planned duration.
        layout: Layout of its frames.
        word_packing: Packing of its words.
        loads: Whether its findings must reach the database.
        faults: Faults of the recording or its archive.
    """

    id: str
    name: str
    archive: str
    tail: str
    started_at: datetime
    duration_s: int
    layout: str
    word_packing: str
    loads: bool
    faults: tuple[FaultTruth, ...] = ()


class ArchiveTruth(TruthModel):
    """An archive file in the landing folder.

    Attributes:
        id: SHA-256 of its bytes.
        name: File name.
        arrived_at: Modification time, UTC.
        size_bytes: File size.
        faults: Faults of the archive or of a recording in it.
    """

    id: str
    name: str
    arrived_at: datetime
    size_bytes: int
    faults: tuple[FaultTruth, ...] = ()


class GroundTruth(TruthModel):
    """Ground truth of a whole fleet.

    Attributes:
        seed: Seed of the plan.
        archives: Archives in the order of arrival.
        recordings: Recordings in the same order.
        events: Expected findings in recordings that load.
        measurements: Algorithms without a limit, which have a finding in every flight.
    """

    seed: int
    archives: tuple[ArchiveTruth, ...]
    recordings: tuple[RecordingTruth, ...]
    events: tuple[EventTruth, ...]
    measurements: tuple[str, ...]

    def to_json(self) -> str:
        """Formats the ground truth as indented JSON."""
        return self.model_dump_json(indent=2)


def write_truth(truth: GroundTruth, path: Path) -> None:
    """Writes the ground truth to a file, which must not be in the landing folder."""
    path.write_text(truth.to_json() + "\n", encoding="utf-8")


def read_truth(path: Path) -> GroundTruth:
    """Reads a file written by :func:`write_truth`."""
    return GroundTruth.model_validate_json(path.read_bytes())
