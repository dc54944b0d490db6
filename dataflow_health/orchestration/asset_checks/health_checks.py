"""The verdict on each process as a check of its asset, so that Dagster is red where the cause is.

By itself Dagster shows the day that ran last, and paints the day after a fault red as well. The
verdict fails with ERROR only for a process's own fault. A process that waits for another one, or
whose results are old or unknown, fails with WARN, which does not colour the node.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypedDict

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
"""An unchanged verdict is written this often; Dagster keeps each one for ever."""

_DESCRIPTION = (
    "Health of the process from all its checks and counts. ERROR: a fault of its own. "
    "WARN: it waits for another process, or its results are old."
)


class VerdictFields(TypedDict):
    """Fields that a check result and a check evaluation of a verdict share."""

    passed: bool
    severity: dg.AssetCheckSeverity
    description: str
    metadata: Mapping[str, dg.MetadataValue]


def checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """One check per process, evaluated when a person presses Execute."""
    return [_verdict_check(name, catalogue) for name in catalogue.processes]


def _verdict_check(name: str, catalogue: Catalogue) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=process_key(name), name=CHECK, description=_DESCRIPTION)
    def evaluate(pipeline: PipelineResource) -> dg.AssetCheckResult:
        report = overview.read_overview(catalogue, pipeline).status
        process = report.find(name)
        if process is None:
            raise LookupError(f"{name} is in no report; known: {', '.join(catalogue.processes)}")
        return dg.AssetCheckResult(**_verdict(process))

    return evaluate


def events(
    report: HealthReport, written: Written, uncoloured: Collection[str]
) -> Iterator[dg.AssetCheckEvaluation | dg.AssetObservation | dg.AssetMaterialization]:
    """Verdicts that are due, each with an observation of the asset if the process is external.

    Dagster's graph colours an external asset only after a materialisation. The first HEALTHY
    verdict brings one, and later ones need none.

    Args:
        report: The health report.
        written: What was written last.
        uncoloured: External processes whose assets have no materialisation yet.
    """
    for process in report.processes:
        turns_green = process.name in uncoloured and process.status is Status.HEALTHY
        if turns_green:
            yield dg.AssetMaterialization(process_key(process.name), description=process.reason)
        is_written = is_due(process, written, report.at)
        if turns_green or is_written:
            yield dg.AssetCheckEvaluation(
                asset_key=process_key(process.name), check_name=CHECK, **_verdict(process)
            )
            if process.external and is_written:
                description = f"{process.status}: {process.reason}"
                yield dg.AssetObservation(process_key(process.name), description=description)


def is_due(process: ProcessHealth, written: Written, now: datetime) -> bool:
    """Whether to write a verdict: it changed, its asset did, or it was written long ago."""
    last = written.get(process.name, change_gate.NEVER)
    return change_gate.is_due(last, digest(process), now, repeat_after=REPEAT_AFTER)


def after_writing(report: HealthReport, written: Written) -> Written:
    """Written values after the events of :func:`events`, for the next cursor."""
    at_s = report.at.timestamp()
    return {
        each.name: (digest(each), at_s) if is_due(each, written, report.at) else written[each.name]
        for each in report.processes
    }


def digest(process: ProcessHealth) -> str:
    """Digest of the verdict and of the last run: Dagster drops a verdict older than its asset."""
    runs = [str(check.at) for check in process.checks if check.kind == STEP]
    decisive = [(c.name, c.status) for c in process.checks if c.status is process.status]
    return change_gate.fingerprint([process.status, process.blocked_by, decisive, runs])


def _verdict(process: ProcessHealth) -> VerdictFields:
    failed = process.status is Status.FAILED
    metadata: dict[str, dg.MetadataValue] = {
        "status": dg.MetadataValue.text(f"{process.status.symbol} {process.status}"),
        "reason": dg.MetadataValue.text(process.reason),
    }
    if process.status is Status.BLOCKED:
        metadata["blocked_by"] = dg.MetadataValue.text(", ".join(process.blocked_by))
        metadata["blocked_recordings"] = dg.MetadataValue.int(process.blocked_recordings)
    if process.evidence:
        rows = [dg.TableRecord(overview.evidence_cells(item)) for item in process.evidence]
        metadata["evidence"] = dg.MetadataValue.table(rows)
    return {
        "passed": process.status in (Status.HEALTHY, Status.RUNNING),
        "severity": dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        "description": f"{process.status}: {process.reason}",
        "metadata": metadata,
    }
