"""Kind ``process_runs``: enough processes of a program run on this machine."""

import os
import re

import psutil

from dataflow_health.health.live_check import ProcessRuns
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if


def probe(check: ProcessRuns, context: ProbeContext) -> ProbeResult:  # noqa: ARG001
    """Counts the processes whose command line matches, except this process and zombies."""
    wanted = re.compile(check.command)
    commands = (
        " ".join(each.info["cmdline"] or ())
        for each in psutil.process_iter(["cmdline", "status"])
        if each.pid != os.getpid() and each.info["status"] != psutil.STATUS_ZOMBIE
    )
    running = sum(bool(wanted.search(command)) for command in commands)
    return passed_if(running >= check.at_least, f"running ({running}) >= {check.at_least}")
