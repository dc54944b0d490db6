"""One simulated flight, and its recording with each fault applied."""

import numpy as np

from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.simulator.fault_kind import FaultKind
from dataflow_health.simulator.faults import FAULT_KINDS, encode_recording
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.simulator.decoding import decoded, plan

LAYOUT = generic_layout()
FLIGHT = simulate_flight(plan(1000, 5), LAYOUT)
RAW = encode_recording(FLIGHT, LAYOUT, "packed", None, np.random.default_rng(1))
RECORDING_LEVEL = {name: kind for name, kind in FAULT_KINDS.items() if kind.level != "archive"}
"""Faults inside a recording, by name."""


def encode_with(kind: FaultKind, seed: int = 1) -> bytes:
    """Bytes of the flight's recording with a fault."""
    return encode_recording(FLIGHT, LAYOUT, "packed", kind, np.random.default_rng(seed))


def decode_with(name: str) -> DecodedRecording:
    """The flight's recording with a fault, decoded."""
    return decoded(encode_with(FAULT_KINDS[name]), LAYOUT)


def changed_parameters(recording: DecodedRecording) -> set[str]:
    """Numeric parameters whose counts differ from those of the flight."""
    return {
        name
        for name, series in recording.series.items()
        if not series.parameter.is_text
        and not np.array_equal(series.counts, FLIGHT.counts[name][series.rows])
    }
