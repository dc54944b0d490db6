"""An algorithm that breaks, for the table of faults."""

from collections.abc import Iterable

from dataflow_health.plugins import Finding, Flight, PhaseCodes


def breaks(flight: Flight, phases: PhaseCodes) -> Iterable[Finding]:
    """Always raises.

    Raises:
        ZeroDivisionError: Always.
    """
    raise ZeroDivisionError(f"{len(phases)} seconds of {flight} cannot be divided by zero")
