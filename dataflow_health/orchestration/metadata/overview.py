"""The health report as metadata of the overview: strip, tables, and numbers that Dagster plots."""

from collections.abc import Mapping
from typing import NamedTuple, TypedDict

import dagster as dg

from dataflow_health.clock import utc_now
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.diagram.strip import draw_strip
from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import ORDER, Status
from dataflow_health.monitoring import health_service
from dataflow_health.operations import fleet
from dataflow_health.orchestration.asset_keys import OVERVIEW
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.schemas import AircraftHealth, AircraftStage, HealthStatus
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES

OVERVIEW_CHECK = "everything_healthy"

Metadata = Mapping[str, dg.MetadataValue]


class Overview(NamedTuple):
    """Content of the overview.

    Attributes:
        status: Health of every process.
        aircraft: Health of every aircraft; none while the ledger is away.
    """

    status: HealthStatus
    aircraft: tuple[AircraftHealth, ...]


class OverviewCheckFields(TypedDict):
    """Fields that a check result and a check evaluation of the overview share."""

    passed: bool
    severity: dg.AssetCheckSeverity
    description: str
    metadata: Metadata


def read_overview(catalogue: Catalogue, pipeline: PipelineResource) -> Overview:
    """The health now, whether or not the ledger answers."""
    now = utc_now()
    status = health_service.current(lambda: pipeline.deps.engine, catalogue, now)
    if status.ledger_error:
        return Overview(status, ())
    try:
        return Overview(status, fleet.fleet_health(pipeline.deps.engine, status).aircraft)
    except DatabaseError as error:
        return Overview(health_service.without_ledger(catalogue, str(error), now), ())


def summarise(report: HealthReport) -> str:
    """One line with the causes by name, or that there are none."""
    if not report.causes:
        return f"no process is FAILED; the worst is {report.status}"
    return "; ".join(f"{cause.name} FAILED: {cause.reason}" for cause in report.causes)


def metadata(report: HealthReport, aircraft: tuple[AircraftHealth, ...]) -> Metadata:
    """Strip, tables and numbers of the overview."""
    statuses = [process.status for process in report.processes]
    worst_first = sorted(report.processes, key=lambda each: -each.status.rank)
    values: dict[str, dg.MetadataValue] = {
        "health": dg.MetadataValue.md(draw_strip(report)),
        "processes": dg.MetadataValue.table([_process_row(each) for each in worst_first]),
        "as_of": dg.MetadataValue.timestamp(report.at),
    }
    if aircraft:
        values["aircraft"] = dg.MetadataValue.table([_aircraft_row(each) for each in aircraft])
    for status in reversed(ORDER):
        values[f"processes_{status.lower()}"] = dg.MetadataValue.int(statuses.count(status))
    return values


def check_fields(report: HealthReport) -> OverviewCheckFields:
    """Result of the overview's check, with strip, causes and evidence as metadata.

    A fault of another process is a WARN, which has no colour in Dagster's graph: red is only where
    the cause is.
    """
    values: dict[str, dg.MetadataValue] = {"health": dg.MetadataValue.md(draw_strip(report))}
    if report.causes:
        rows = [
            dg.TableRecord({"process": cause.name, **evidence_cells(item)})
            for cause in report.causes
            for item in cause.evidence or (Evidence(found=cause.reason),)
        ]
        values["causes"] = dg.MetadataValue.table(rows)
    is_own = OVERVIEW.path[-1] in {cause.name for cause in report.causes}
    return {
        "passed": not report.causes,
        "severity": dg.AssetCheckSeverity.ERROR if is_own else dg.AssetCheckSeverity.WARN,
        "description": summarise(report),
        "metadata": values,
    }


def evidence_cells(item: Evidence) -> Mapping[str, str | int]:
    """One piece of evidence as a row of a table."""
    return {
        "aircraft": item.tail,
        "archive": item.archive,
        "member": item.member,
        "byte": "" if item.byte_offset is None else item.byte_offset,
        "found": item.found or item.reason,
        "command": item.command,
    }


def _process_row(process: ProcessHealth) -> dg.TableRecord:
    counts = process.counts
    return dg.TableRecord(
        {
            "process": process.name,
            "status": f"{process.status.symbol}\u00a0{process.status}",
            "reason": process.reason,
            "in": counts.incoming if counts else "",
            "done": counts.done if counts else "",
            "in flight": counts.in_flight if counts else "",
            "quarantined": counts.quarantined if counts else "",
        }
    )


def _aircraft_row(aircraft: AircraftHealth) -> dg.TableRecord:
    stages = [each for each in aircraft.stages if each.stage in RECORDING_STAGES]
    cells = {each.stage: _stage_cell(each) for each in stages}
    applying = ", ".join(f"{each.applicable} of {each.algorithms}" for each in aircraft.coverage)
    cells["algorithms that apply"] = applying
    return dg.TableRecord({"aircraft": aircraft.tail, "recordings": aircraft.recordings, **cells})


def _stage_cell(stage: AircraftStage) -> str:
    """Status and counts of one aircraft at one stage; empty when nothing reached it."""
    if stage.status is Status.UNKNOWN:
        return ""
    others = [(stage.quarantined, "quarantined"), (stage.in_flight, "in flight")]
    counts = [f"{stage.done}", *(f"{count} {word}" for count, word in others if count)]
    return f"{stage.status.symbol}\u00a0{', '.join(counts)}"
