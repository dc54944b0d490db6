"""Results of collectors: every reason in one line, without secrets and control characters."""

from collections.abc import Sequence

from dataflow_health import masking
from dataflow_health.errors import SystemUnavailable
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult
from dataflow_health.plain_text import on_one_line

MOST_REASONS = 10
"""Most reasons of one result; the rest is a number."""
MOST_CHARACTERS = 300
"""Longest reason."""


def judged(problems: Sequence[str], well: str) -> ProbeResult:
    """Failed with all problems; without any, passed with what was seen."""
    if not problems:
        return ProbeResult("passed", on_one_line(well))
    shown = [on_one_line(each)[:MOST_CHARACTERS] for each in problems[:MOST_REASONS]]
    if len(problems) > MOST_REASONS:
        shown.append(f"and {len(problems) - MOST_REASONS} more")
    return ProbeResult("failed", "; ".join(shown))


def unavailable(program: str, error: SystemUnavailable, context: ProbeContext) -> ProbeResult:
    """The result when a program does not answer as it should."""
    reason = masking.mask(str(error), context.environment)
    return ProbeResult("failed", on_one_line(f"{program}: {reason}")[:MOST_CHARACTERS])
