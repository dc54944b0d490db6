"""Kind ``configuration_loads``: all YAML files are valid."""

from dataflow_health.health.self_check import ConfigurationLoads
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult


def probe(check: ConfigurationLoads, context: ProbeContext) -> ProbeResult:  # noqa: ARG001
    """Loads the YAML files. The error of an invalid file is the detail of the result."""
    catalogue = installation.load_catalogue(context)
    return ProbeResult("passed", f"{len(catalogue.files)} files are valid")
