"""Reads the published flight of a helicopter without a squat switch, and its truth.

The flight may not be shipped; it is read from ``shared/data`` next to the repository.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataflow_health.flight.algorithms.flight_phase import Phase, classify_phases, phase_codes
from dataflow_health.flight.recording import Flight

FLIGHT_FILE = "columbia234_flight1.csv"
TRUTH_FILES = ("truth.csv", "truth_more.csv")

COLUMNS: Mapping[str, Sequence[str]] = {
    "engine_1_torque_pct": ("engine_1_torque",),
    "engine_2_torque_pct": ("engine_2_torque",),
    "vertical_speed_ft_min": ("vertical_speed",),
    "collective_pct": ("collective_first_half", "collective_second_half"),
}
"""Columns of the file with the samples of each quantity; all that the flight has."""


@dataclass(frozen=True, slots=True)
class PhaseScore:
    """Phases of a flight compared with its truth.

    Attributes:
        asserted_s: Seconds of which the truth says whether they are on the ground or in the air.
        right_share: Share of those seconds that are right; an unknown second is not.
        unknown_share: Share of all seconds with an unknown phase.
    """

    asserted_s: int
    right_share: float
    unknown_share: float


def read_flight(folder: Path) -> Flight:
    """The published flight, with the quantities of the vocabulary.

    Args:
        folder: Folder of the sample.
    """
    rows = _read(folder / FLIGHT_FILE)
    values = {
        name: np.array([[float(row[column] or "nan") for column in columns] for row in rows])
        for name, columns in COLUMNS.items()
    }
    return Flight(np.array([row["second"] for row in rows], np.int32), values)


def score_phases(flight: Flight, truth: Path) -> PhaseScore:
    """Compares a flight's phases with intervals that are known to be ground or air.

    Args:
        flight: The flight.
        truth: CSV file of the intervals.
    """
    codes = classify_phases(flight)
    is_air, is_unknown = np.isin(codes, phase_codes(["airborne"])), codes == Phase.UNKNOWN
    asserted, right = np.zeros((2, len(codes)), np.bool_)
    for row in _read(truth):
        span = slice(int(row["from_s"]), int(row["to_s"]))
        asserted[span] = True
        right[span] = ~is_unknown[span] & (is_air[span] == (row["state"] == "air"))
    return PhaseScore(
        asserted_s=int(asserted.sum()),
        right_share=float(right.sum() / asserted.sum()),
        unknown_share=float(is_unknown.mean()),
    )


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))
