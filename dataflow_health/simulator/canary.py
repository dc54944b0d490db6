"""Creates the canary's recording, which is shipped as ``canary.zip`` in this folder.

The file is shipped instead of being generated, so that floating-point rounding of another processor
cannot change it.
"""

import io
import zipfile
from datetime import UTC, datetime

from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import FlightPlan, SimulatedFlight, simulate_flight

TOO_SHORT_EVENT = "chip_tail_gearbox"

PLAN = FlightPlan(
    tail="CAN-ARY",
    started_at=datetime(2026, 1, 1, 8, tzinfo=UTC),
    duration_s=720,
    flight_number=1,
    seed=7,
    events=(
        PlannedEvent("engine_1_oil_pressure_low", lasting_s=8),
        PlannedEvent("torque_above_limit", lasting_s=5),
        PlannedEvent("hard_landing"),
        PlannedEvent("rotor_speed_low", lasting_s=6),
        PlannedEvent("chip_main_gearbox", lasting_s=2),
        PlannedEvent(TOO_SHORT_EVENT, at_s=540, lasting_s=1),
    ),
)
"""One chip light is on exactly as long as its limit requires; the other is one second shorter and
must not be found. An error of one second in any stage therefore shows."""

MEMBER = "CAN-ARY_20260101T080000Z.rdf"


def simulate() -> SimulatedFlight:
    """Simulates the canary's flight: its counts and the events that must be found."""
    return simulate_flight(PLAN, generic_layout())


def build_archive(flight: SimulatedFlight) -> bytes:
    """Builds the zip with the recording, encoded as a packed bit stream."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        info = zipfile.ZipInfo(MEMBER, (2026, 1, 1, 8, 30, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, encode(generic_layout(), flight.counts, "packed"))
    return sink.getvalue()
