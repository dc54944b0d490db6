"""What was put into a fleet, so that what comes out can be asserted."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultTruth(_Told):
    """A fault that was put into one archive or recording.

    Attributes:
        name: A key of :data:`~dataflow_health.simulator.faults.FAULTS`.
        level: ``archive``, ``recording`` or ``parameter``.
        stage: Where it must show.
        outcome: What becomes of it there, see ``simulator.fault_kind.Outcome``.
        reason: Reason code, name of the check, or of the algorithm; empty when nothing is said.
    """

    name: str
    level: str
    stage: str
    outcome: str
    reason: str


class EventTruth(_Told):
    """An event that must be found.

    Attributes:
        algorithm: That must find it.
        tail: Of the aircraft.
        recording: SHA-256 of the recording's bytes.
        start_s: Second of the recording in which the finding's first sample lies.
        end_s: Second in which its last sample lies.
        peak: Of the finding, exactly.
        unit: Of the peak.
        also: Other algorithms that rightly find it too.
    """

    algorithm: str
    tail: str
    recording: str
    start_s: int
    end_s: int
    peak: float
    unit: str
    also: tuple[str, ...] = ()


class RecordingTruth(_Told):
    """A recording as it was put into an archive, before what an archive's fault did to it.

    Attributes:
        id: SHA-256 of its bytes.
        name: Its member's name.
        archive: Name of its archive.
        tail: Of the aircraft.
        started_at: UTC instant of its first second.
        duration_s: Its length as planned.
        layout: Of its frames.
        word_packing: How its words are packed.
        loads: Whether its findings must reach the database.
        faults: What is wrong with it or its archive.
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


class ArchiveTruth(_Told):
    """A file that was put into the folder.

    Attributes:
        id: SHA-256 of its bytes.
        name: Its name there.
        arrived_at: UTC, its modification time.
        size_bytes: Its size.
        faults: What is wrong with it or a recording in it.
    """

    id: str
    name: str
    arrived_at: datetime
    size_bytes: int
    faults: tuple[FaultTruth, ...] = ()


class Truth(_Told):
    """All that was put into a fleet.

    Attributes:
        seed: Of its plan.
        archives: In the order of arrival.
        recordings: In the same order.
        events: Those in recordings that load.
        measures: Algorithms that find something in every flight, for they have no limit.
    """

    seed: int
    archives: tuple[ArchiveTruth, ...]
    recordings: tuple[RecordingTruth, ...]
    events: tuple[EventTruth, ...]
    measures: tuple[str, ...]

    def to_json(self) -> str:
        """As indented JSON."""
        return self.model_dump_json(indent=2)


def write_truth(truth: Truth, path: Path) -> None:
    """Writes it beside the fleet's folder, never into it: it is no archive."""
    path.write_text(truth.to_json() + "\n", encoding="utf-8")


def read_truth(path: Path) -> Truth:
    """Reads what :func:`write_truth` wrote."""
    return Truth.model_validate_json(path.read_bytes())
