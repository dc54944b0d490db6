"""Which part of a flight a recording holds, and how much of its time in the air was recorded.

A recorder that starts late, stops early or writes a file a quarter of an hour leaves parts of a
flight. Only what stands on the ground at both ends is whole; a run on the ground is, too.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dataflow_health.flight.algorithms.air_ground import separate_air_from_ground
from dataflow_health.flight.algorithms.phase_inputs import PhaseInputs
from dataflow_health.flight.recording import Flight


class FlightSegment(StrEnum):
    """Part of a flight; ``UNKNOWN`` when no second is known to be in the air or on the ground."""

    WHOLE_FLIGHT = "whole_flight"
    START_ONLY = "start_only"
    MID_FLIGHT = "mid_flight"
    STOP_ONLY = "stop_only"
    UNKNOWN = "unknown"


_BY_ENDS = {
    (False, False): FlightSegment.WHOLE_FLIGHT,
    (False, True): FlightSegment.START_ONLY,
    (True, True): FlightSegment.MID_FLIGHT,
    (True, False): FlightSegment.STOP_ONLY,
}
"""By whether the recording begins and ends in the air."""


@dataclass(frozen=True, slots=True)
class FlightPart:
    """Part of a flight in one recording.

    Attributes:
        segment: The part.
        recorded_s: Recorded seconds in the air.
        flown_s: Seconds in the air: the recorded ones, and those lost between two in the air.
    """

    segment: FlightSegment
    recorded_s: int
    flown_s: int


def flight_part(flight: Flight) -> FlightPart:
    """The part of a flight that a recording holds. Pure.

    A second that is neither known to be in the air nor on the ground counts as the one before.

    Args:
        flight: Any recording; every parameter may be missing.
    """
    decided = separate_air_from_ground(PhaseInputs(flight))
    known = np.flatnonzero(decided.airborne | decided.grounded)
    if not known.size:
        return FlightPart(FlightSegment.UNKNOWN, 0, 0)
    begins, ends = decided.airborne[known[[0, -1]]]
    rows = np.arange(len(flight.second))
    before = known[np.maximum(np.searchsorted(known, rows, side="right") - 1, 0)]
    flies = decided.airborne[before]
    recorded_s = int(flies.sum())
    lost_s = (np.diff(flight.second) - 1)[flies[:-1] & flies[1:]]
    segment = _BY_ENDS[bool(begins), bool(ends)]
    return FlightPart(segment, recorded_s, recorded_s + int(lost_s.sum()))
