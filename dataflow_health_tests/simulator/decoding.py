"""Decodes simulated recordings, for tests that compare the encoder with the decoder."""

from datetime import UTC, datetime

import numpy as np

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.algorithms.algorithm import run_algorithms
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import DecodedRecording, Flight
from dataflow_health.simulator.event_kinds import MEASUREMENTS
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.simulated_flight import FlightPlan

RECORDER = Arinc717Recorder(kind="arinc717", members=("x",))
STARTED_AT = datetime(2026, 11, 19, 8, 12, tzinfo=UTC)
ALGORITHMS = load(BUILTIN_FOLDER).algorithms


def plan(duration_s: int = 720, seed: int = 1, *events: PlannedEvent) -> FlightPlan:
    return FlightPlan("HB-ZAA", STARTED_AT, duration_s, 17, seed, events)


def decoded(raw: bytes, layout: Layout) -> DecodedRecording:
    return decode(raw, RECORDER, layout)


def findings(recording: DecodedRecording) -> list[tuple[str, Finding]]:
    """Findings of all algorithms with a limit."""
    return [
        (outcome.algorithm, finding)
        for outcome in run_algorithms(ALGORITHMS, flight(recording))
        if outcome.algorithm not in MEASUREMENTS
        for finding in outcome.findings
    ]


def flight(recording: DecodedRecording) -> Flight:
    values = {}
    for name, series in recording.series.items():
        if not series.parameter.is_text:
            rows = np.full((len(recording.second), series.counts.shape[1]), np.nan)
            rows[series.rows] = to_values(series)
            values[name] = rows
    return Flight(recording.second, values)
