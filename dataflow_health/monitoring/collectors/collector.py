"""The port of all collectors, and the adapter of a check's kind."""

import importlib
from typing import Protocol, cast

from dataflow_health.health.outside_check import SystemCheck
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult


class Collector(Protocol):
    """The functions of an adapter's module. Both end within ``context.within_s``."""

    def assess(self, check: SystemCheck, context: ProbeContext) -> ProbeResult:
        """Whether the program and what it runs is well, with names of what is not.

        Raises:
            NotConfigured: The check has no address.
        """
        ...

    def describe(self, check: SystemCheck, place: str, context: ProbeContext) -> SystemDescription:
        """Metadata and lineage of what the program runs.

        Args:
            check: Which program.
            place: Name of its process, which distinguishes its nodes in the lineage.
            context: Time, time limit and environment.

        Raises:
            NotConfigured: The check has no address.
            SystemUnavailable: The program does not answer as it should.
        """
        ...


def of(check: SystemCheck) -> Collector:
    """The adapter of a check. Its module, with its drivers, is imported at first use."""
    module = importlib.import_module(f"{__package__}.{check.kind}")
    return cast("Collector", module)
