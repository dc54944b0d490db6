"""An operator's algorithm that always fails, for the table of faults."""

from collections.abc import Iterable

from dataflow_health.plugins import Finding, Flight, PhaseCodes


def fail(flight: Flight, phases: PhaseCodes) -> Iterable[Finding]:
    """Fails on every recording.

    Raises:
        ZeroDivisionError: Always.
    """
    raise ZeroDivisionError(f"{len(phases)} seconds of {flight} cannot be divided by zero")
