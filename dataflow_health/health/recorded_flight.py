"""What recordings hold of flights, as far as it is known."""

from datetime import datetime
from typing import NamedTuple


class RecordedFlight(NamedTuple):
    """What one recording holds of a flight.

    Attributes:
        recording_id: Id of the recording.
        tail: Aircraft.
        segment: Part of the flight: ``whole_flight``, ``start_only``, ``mid_flight``,
            ``stop_only`` or ``unknown``.
        recorded_s: Recorded seconds in the air.
        flown_s: The same with the seconds lost between two in the air.
        started_at: Start of the recording, UTC.
        ended_at: End of the recording, UTC.
        arrived_at: When it arrived, UTC; a late card's flight was long before.
        recorder: Recorder kind.
        format: Digest of the recording's format; empty when it is not known.
        software: Software version of the recorder; None when it is not recorded.
        declared: Digest of the recorder's and layout's declarations and of the mapping with which
            it was read; empty when it is not known.
    """

    recording_id: str
    tail: str
    segment: str
    recorded_s: int
    flown_s: int
    started_at: datetime
    ended_at: datetime
    arrived_at: datetime
    recorder: str = ""
    format: str = ""
    software: str | None = None
    declared: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return (self.ended_at - self.started_at).total_seconds()


class UnreadItem(NamedTuple):
    """A recording or archive of which the flight is not known yet: it may fill a break.

    Attributes:
        id: Its id.
        state: Its state and stage, such as ``quarantined at parse (no_sync)``.
        started_at: Start by the file's name, UTC; None when the name has none.
        arrived_at: When it arrived, UTC.
        recorder: Recorder kind; empty for an archive, which may hold any.
    """

    id: str
    state: str
    started_at: datetime | None
    arrived_at: datetime
    recorder: str = ""

    def __str__(self) -> str:
        return f"{self.id[:12]} is {self.state}"
