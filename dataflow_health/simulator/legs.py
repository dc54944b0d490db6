"""Plans a flight as consecutive legs, each with its height, speed and turn at the end.

Numbers are generic for a light twin, chosen so that a flight computed by ``physics`` stays well
within every limit of the shipped algorithms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

Power = Literal["off", "start_1", "start_2", "idle", "flight", "autorotation", "stop"]
"""Power setting of the engines during a leg."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a flight.

    Attributes:
        phase: Flight phase, as in ``flight.algorithms.flight_phase``.
        duration_s: Duration.
        height_ft: Height above ground at the end.
        ground_speed_kt: Ground speed at the end.
        turn_deg: Change of heading, right positive.
        power: Power setting of the engines.
    """

    phase: str
    duration_s: float
    height_ft: float = 0.0
    ground_speed_kt: float = 0.0
    turn_deg: float = 0.0
    power: Power = "flight"


SHORTEST_S = 600
SHORTEST_WITH_AUTOROTATION_S = 840
LONGEST_S = 10_800
"""Limits of the duration of a flight: all phases fit, and the fuel suffices."""

CLIMB_FT_MIN = 850.0
DESCENT_FT_MIN = 650.0
AUTOROTATION_FT_MIN = 1600.0


def plan_legs(duration_s: int, *, autorotation: bool, rng: np.random.Generator) -> tuple[Leg, ...]:
    """Plans a flight from power on to power off.

    Args:
        duration_s: Duration of the recording, :data:`SHORTEST_S` to :data:`LONGEST_S`; with an
            autorotation at least :data:`SHORTEST_WITH_AUTOROTATION_S`.
        autorotation: Whether the flight includes an autorotation.
        rng: Source of random numbers for heights, speeds and turns.

    Returns:
        Legs whose durations add up to ``duration_s``.

    Raises:
        ValueError: The duration is out of range.
    """
    shortest_s = SHORTEST_WITH_AUTOROTATION_S if autorotation else SHORTEST_S
    if not shortest_s <= duration_s <= LONGEST_S:
        raise ValueError(f"a flight of {duration_s} s: must be {shortest_s} to {LONGEST_S} s")
    highest_ft = min(1500.0, 1000.0 + (duration_s - SHORTEST_S))
    top_ft = 1900.0 if autorotation else float(rng.uniform(1000, highest_ft))
    departure, arrival = _departure(top_ft), _arrival(top_ft)
    drill = _autorotation(top_ft) if autorotation else ()
    other_s = sum(leg.duration_s for leg in (*departure, *drill, *arrival))
    cruise = tuple(_cruise(duration_s - other_s, top_ft, rng))
    half = (len(cruise) + 1) // 2
    return (*departure, *cruise[:half], *drill, *cruise[half:], *arrival)


def _departure(top_ft: float) -> tuple[Leg, ...]:
    return (
        Leg("power_off", 6, power="off"),
        Leg("start", 32, power="start_1"),
        Leg("start", 32, power="start_2"),
        Leg("ground", 20),
        Leg("taxi", 6, ground_speed_kt=8),
        Leg("taxi", 16, ground_speed_kt=8, turn_deg=30),
        Leg("taxi", 4),
        Leg("hover", 8, height_ft=12),
        Leg("hover", 20, height_ft=12),
        Leg("climb", 20, height_ft=120, ground_speed_kt=60),
        Leg("climb", (top_ft - 120) / CLIMB_FT_MIN * 60, top_ft, 75),
        Leg("cruise", 15, top_ft, 105),
    )


def _cruise(total_s: float, top_ft: float, rng: np.random.Generator) -> Iterator[Leg]:
    """Straight legs and turns between 90 and 130 kt, ending at the initial height and speed."""
    count = max(2, int(total_s // 240))
    pair_s = total_s / count
    for k in range(count):
        last = k == count - 1
        height_ft = top_ft if last else top_ft + float(rng.uniform(-60, 60))
        speed_kt = 105.0 if last else float(rng.uniform(90, 130))
        turn_s = min(60.0, pair_s / 2)
        turn_deg = float(rng.uniform(-1.5, 1.5)) * turn_s
        yield Leg("cruise", pair_s - turn_s, height_ft, speed_kt)
        yield Leg("cruise", turn_s, height_ft, speed_kt, turn_deg)


def _autorotation(top_ft: float) -> tuple[Leg, ...]:
    bottom_ft = 900.0
    return (
        Leg("cruise", 15, top_ft, 70),
        Leg("autorotation", (top_ft - bottom_ft) / AUTOROTATION_FT_MIN * 60, bottom_ft, 65,
            power="autorotation"),
        Leg("climb", (top_ft - bottom_ft) / CLIMB_FT_MIN * 60, top_ft, 75),
        Leg("cruise", 15, top_ft, 105),
    )  # fmt: skip


def _arrival(top_ft: float) -> tuple[Leg, ...]:
    return (
        Leg("descent", (top_ft - 500) / DESCENT_FT_MIN * 60, 500, 80),
        Leg("approach", 45, 120, 55),
        Leg("approach", 40, 12, 4),
        Leg("hover", 8, 10, 0),
        Leg("landing", 10, 0, 0),
        Leg("landing", 10),
        Leg("ground", 15, power="idle"),
        Leg("shutdown", 75, power="stop"),
        Leg("power_off", 6, power="off"),
    )
