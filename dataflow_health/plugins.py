"""Names for an operator's own Python code: custom checks (``kind: python``) and algorithms.

A custom check is ``def my_check(arguments, context: ProbeContext) -> ProbeResult``; a custom
algorithm is ``def my_algorithm(flight: Flight, phases: PhaseCodes, **options)``, which returns
findings.
"""

from dataflow_health.errors import DataflowHealthError
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.flight_phase import Phase, PhaseCodes
from dataflow_health.flight.recording import Flight
from dataflow_health.health.duration import format_duration
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if,
    passed_if_recent,
)

__all__ = [
    "DataflowHealthError",
    "Finding",
    "Flight",
    "NotConfigured",
    "Phase",
    "PhaseCodes",
    "ProbeContext",
    "ProbeResult",
    "format_duration",
    "passed_if",
    "passed_if_recent",
]
