"""An operator's own kind: a function of theirs, named in the check's file.

The protocol: ``def my_check(arguments, around) -> Answer``. ``arguments`` is the mapping in the
file, ``around`` tells the moment, the seconds left and the environment
(:class:`~dataflow_health.monitoring.probes.result.Around`), and what comes back is
``Answer("passed", "measured (3) <= 5")`` or ``Answer("failed", ...)``. What it raises is shown as
``errored``, in one clean line; it runs in a thread, and is given up after ``within``.
"""

import importlib

from dataflow_health.health.live_check import Python
from dataflow_health.monitoring.probes.result import Answer, Around


def ask(check: Python, around: Around) -> Answer:
    """Imports the function and calls it."""
    module, _, name = check.entry_point.partition(":")
    function = getattr(importlib.import_module(module), name)
    answer = function(check.arguments, around)
    if not isinstance(answer, Answer):
        given = type(answer).__name__
        return Answer("errored", f"{check.entry_point} returned {given}, it must return Answer")
    return answer
