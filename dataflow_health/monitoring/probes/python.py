"""Kind ``python``: calls an operator's own function, named in the check's YAML file.

Signature: ``def my_check(arguments, context) -> ProbeResult``. ``arguments`` is the mapping in
the file; ``context`` holds the time, the seconds left and the environment
(:class:`~dataflow_health.monitoring.probes.result.ProbeContext`). The function returns
``ProbeResult("passed", "measured (3) <= 5")`` or ``ProbeResult("failed", ...)``. An exception is
reported as ``errored``, in one line without secrets. The function runs in a thread and is abandoned
after ``within``.
"""

import importlib

from dataflow_health.health.live_check import Python
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult


def probe(check: Python, context: ProbeContext) -> ProbeResult:
    """Imports the function and calls it."""
    module, _, name = check.entry_point.partition(":")
    function = getattr(importlib.import_module(module), name)
    result = function(check.arguments, context)
    if not isinstance(result, ProbeResult):
        given = type(result).__name__
        return ProbeResult(
            "errored", f"{check.entry_point} returned {given}, it must return ProbeResult"
        )
    return result
