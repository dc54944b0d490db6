"""Made-up findings and flights of two years for the picture of their page; the same each time."""

import hashlib
import random
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import finding_counts, results
from dataflow_health.storage.records.results import FindingRow, FlightRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

TAILS = ("HB-ZAA", "HB-ZAB", "HB-ZAC", "HB-ZAD")
KINDS = {
    "torque_above_limit": ("warning", 0.05, "engine_1_torque_pct 106.4"),
    "rotor_droop": ("warning", 0.03, "rotor_speed_pct 93.5"),
    "hard_landing": ("alert", 0.008, "vertical_acceleration_g 1.83"),
    "rotor_speed_high": ("alert", 0.012, "rotor_speed_pct 108.2"),
    "engine_1_oil_pressure_low": ("info", 0.02, "engine_1_oil_pressure_bar 1.9"),
}
"""Severity, chance per flight and detail of the findings of each algorithm."""

DAYS = 730
FLIGHTS_PER_DAY = 2
WORN = "HB-ZAC"
"""Aircraft whose rotor droops more and more often."""


def fill(engine: Engine, now: datetime) -> None:
    """Adds the findings and flights of the last two years."""
    drawn = random.Random(7)  # noqa: S311  (no secret)
    flights: list[FlightRow] = []
    findings: list[FindingRow] = []
    for number in range(DAYS * FLIGHTS_PER_DAY):
        at = now - timedelta(days=DAYS) + timedelta(days=number / FLIGHTS_PER_DAY)
        recording = hashlib.sha256(f"flight {number}".encode()).hexdigest()
        tail = drawn.choice(TAILS)
        month = finding_counts.month(at)
        flights.append(FlightRow(recording, tail, month, drawn.uniform(2400, 6000)))
        findings += _findings(drawn, recording, tail, at, number / (DAYS * FLIGHTS_PER_DAY))
    with writing(engine) as connection:
        results.bulk_insert(connection, tables.analysed_flight, flights)
        results.bulk_insert(connection, tables.finding, findings)
        finding_counts.recount(connection)


def _findings(
    drawn: random.Random, recording: str, tail: str, at: datetime, age: float
) -> list[FindingRow]:
    found = []
    for name, (severity, chance, detail) in KINDS.items():
        wear = 1 + 8 * age**2 if (name, tail) == ("rotor_droop", WORN) else 1
        if drawn.random() < chance * wear:
            start_s = drawn.uniform(300, 2000)
            found.append(
                FindingRow(
                    recording_id=recording,
                    arrival_day=f"{at:%Y-%m-%d}",
                    algorithm=name,
                    number=0,
                    tail=tail,
                    severity=severity,
                    start_s=start_s,
                    end_s=start_s + drawn.uniform(1, 9),
                    start_at=at + timedelta(seconds=start_s),
                    peak=float(detail.split()[1]),
                    peak_at_s=start_s + 1,
                    detail=detail,
                )
            )
    return found
