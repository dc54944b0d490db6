"""The canary's recording, as it was made once; what is shipped is ``canary.zip`` beside this file.

It is shipped rather than made anew, so that no other processor's rounding changes a count of it.
"""

import io
import zipfile
from datetime import UTC, datetime

from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.recorded import FlightPlan, Recorded, record

TOO_SHORT = "chip_tail_gearbox"

PLAN = FlightPlan(
    tail="CAN-ARY",
    started_at=datetime(2026, 1, 1, 8, tzinfo=UTC),
    duration_s=720,
    flight_number=1,
    seed=7,
    events=(
        Event("engine_1_oil_pressure_low", lasting_s=8),
        Event("torque_above_limit", lasting_s=5),
        Event("hard_landing"),
        Event("rotor_speed_low", lasting_s=6),
        Event("chip_main_gearbox", lasting_s=2),
        Event(TOO_SHORT, at_s=540, lasting_s=1),
    ),
)
"""One chip light burns exactly as long as its limit says, the other one second less and must not be
found: so a second more or less anywhere shows."""

MEMBER = "CAN-ARY_20260101T080000Z.rdf"


def flown() -> Recorded:
    """The flight: its counts, and the events that must be found in it."""
    return record(PLAN, generic_layout())


def archive(recorded: Recorded) -> bytes:
    """The zip with the recording, packed as a recorder's bit stream."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        info = zipfile.ZipInfo(MEMBER, (2026, 1, 1, 8, 30, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(info, encode(generic_layout(), recorded.counts, "packed"))
    return sink.getvalue()
