"""The verdict on each process as a check of its own asset, so that Dagster is red where it is.

By itself Dagster shows a stage by the day that ran last, and paints the day behind a fault red as
well. The verdict fails with ERROR for a process's own fault only; what waits for somebody else, is
old or unknown fails with WARN, which leaves the node as it is and still says so.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import STEP
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.monitoring import change_gate
from dataflow_health.monitoring.change_gate import Written
from dataflow_health.orchestration.asset_keys import process_key
from dataflow_health.orchestration.metadata import overview
from dataflow_health.orchestration.resources import PipelineResource

CHECK = "verdict"

REPEAT_AFTER = timedelta(hours=1)
"""Written this often though nothing changed; Dagster keeps every one for ever."""

_DESCRIPTION = (
    "What all its checks and counts mean together. ERROR: a fault of its own. "
    "WARN: it waits for another's fault, or what is known of it is old."
)


def checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """One check of every process, which judges anew when a person presses Execute."""
    return [_check_of(name, catalogue) for name in catalogue.processes]


def _check_of(name: str, catalogue: Catalogue) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=process_key(name), name=CHECK, description=_DESCRIPTION)
    def judge(pipeline: PipelineResource) -> dg.AssetCheckResult:
        report, _ = overview.look(catalogue, pipeline)
        process = report.find(name)
        if process is None:
            raise LookupError(f"{name} is in no report; known: {', '.join(catalogue.processes)}")
        return dg.AssetCheckResult(**_result_fields(process))

    return judge


def events(
    report: HealthReport, written: Written
) -> Iterator[dg.AssetCheckEvaluation | dg.AssetObservation]:
    """Verdicts that Dagster does not have yet, and that somebody looked at what we only watch."""
    for process in report.processes:
        if is_due(process, written, report.at):
            yield dg.AssetCheckEvaluation(
                asset_key=process_key(process.name), check_name=CHECK, **_result_fields(process)
            )
            if process.external:
                described = f"{process.status}: {process.reason}"
                yield dg.AssetObservation(process_key(process.name), description=described)


def is_due(process: ProcessHealth, written: Written, now: datetime) -> bool:
    """Whether a verdict must be written: it changed, its asset did, or it was long ago."""
    last = written.get(process.name, change_gate.NEVER)
    return change_gate.is_due(last, digest(process), now, repeat_after=REPEAT_AFTER)


def mark(report: HealthReport, written: Written) -> Written:
    """What is written once :func:`events` is."""
    now_s = report.at.timestamp()
    return {
        each.name: (digest(each), now_s) if is_due(each, written, report.at) else written[each.name]
        for each in report.processes
    }


def digest(process: ProcessHealth) -> str:
    """Differs when the verdict does, and after every run: Dagster drops it with a newer asset."""
    runs = [str(check.at) for check in process.checks if check.kind == STEP]
    loud = [(c.name, c.status) for c in process.checks if c.status is process.status]
    return change_gate.fingerprint([process.status, process.blocked_by, loud, runs])


def _result_fields(process: ProcessHealth) -> dict[str, Any]:
    failed = process.status is Status.FAILED
    metadata: dict[str, Any] = {
        "status": f"{process.status.symbol} {process.status}",
        "why": process.reason,
    }
    if process.status is Status.BLOCKED:
        metadata["waits_for"] = ", ".join(process.blocked_by)
        metadata["held_up"] = process.blocked_recordings
    if process.evidence:
        metadata["evidence"] = dg.MetadataValue.table(
            [dg.TableRecord(overview.evidence_cells(item)) for item in process.evidence]
        )
    return {
        "passed": process.status in (Status.HEALTHY, Status.RUNNING),
        "severity": dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        "description": f"{process.status}: {process.reason}",
        "metadata": metadata,
    }
