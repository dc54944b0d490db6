"""The report as metadata of Dagster's pages: strip, tables, and numbers that it plots."""

from typing import Any

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
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.schemas import AircraftHealth, AircraftStage, HealthStatus
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES

Look = tuple[HealthStatus, tuple[AircraftHealth, ...]]
"""The health status, and the health of every aircraft."""


def look(catalogue: Catalogue, pipeline: PipelineResource) -> Look:
    """The health status now, and the health of every aircraft; of none while the ledger is away."""
    now = utc_now()
    status = health_service.current(lambda: pipeline.deps.engine, catalogue, now)
    if status.ledger_error:
        return status, ()
    try:
        return status, fleet.fleet_health(pipeline.deps.engine, status).aircraft
    except DatabaseError as error:
        return health_service.without_ledger(catalogue, str(error), now), ()


def verdict(report: HealthReport) -> str:
    """One line: the causes by name, or that there are none."""
    if not report.causes:
        return f"no process is FAILED; the worst is {report.status}"
    return "; ".join(f"{cause.name} FAILED: {cause.reason}" for cause in report.causes)


def metadata(report: HealthReport, aircraft: tuple[AircraftHealth, ...]) -> dict[str, Any]:
    """Strip, tables and numbers of the whole board."""
    statuses = [process.status for process in report.processes]
    worst_first = sorted(report.processes, key=lambda each: -each.status.rank)
    told: dict[str, Any] = {
        "health": dg.MetadataValue.md(draw_strip(report)),
        "processes": dg.MetadataValue.table([_row(each) for each in worst_first]),
        "as_of": dg.MetadataValue.timestamp(report.at),
    }
    if aircraft:
        told["aircraft"] = dg.MetadataValue.table([_aircraft_row(each) for each in aircraft])
    return told | {f"processes_{s.lower()}": statuses.count(s) for s in reversed(ORDER)}


def evidence(report: HealthReport) -> dict[str, Any]:
    """Strip and causes, down to the byte."""
    told: dict[str, Any] = {"health": dg.MetadataValue.md(draw_strip(report))}
    if report.causes:
        rows = [
            dg.TableRecord({"process": cause.name, **evidence_cells(item)})
            for cause in report.causes
            for item in cause.evidence or (Evidence(found=cause.reason),)
        ]
        told["causes"] = dg.MetadataValue.table(rows)
    return told


def evidence_cells(item: Evidence) -> dict[str, str | int]:
    """One piece of evidence as a row of a table."""
    return {
        "aircraft": item.tail,
        "archive": item.archive,
        "member": item.member,
        "byte": "" if item.byte_offset is None else item.byte_offset,
        "found": item.found or item.reason,
        "to put right": item.command,
    }


def _row(each: ProcessHealth) -> dg.TableRecord:
    counts = each.counts
    return dg.TableRecord(
        {
            "process": each.name,
            "status": f"{each.status.symbol}\u00a0{each.status}",
            "why": each.reason,
            "in": counts.incoming if counts else "",
            "done": counts.done if counts else "",
            "in flight": counts.in_flight if counts else "",
            "refused": counts.quarantined if counts else "",
        }
    )


def _aircraft_row(each: AircraftHealth) -> dg.TableRecord:
    cells = {cell.stage: _cell(cell) for cell in each.stages if cell.stage in RECORDING_STAGES}
    return dg.TableRecord({"aircraft": each.tail, "recordings": each.recordings, **cells})


def _cell(cell: AircraftStage) -> str:
    """Done here, and what was refused or is on its way."""
    if cell.status is Status.UNKNOWN:
        return ""
    more = [(cell.quarantined, "refused"), (cell.in_flight, "in flight")]
    told = [f"{cell.done}", *(f"{count} {word}" for count, word in more if count)]
    return f"{cell.status.symbol}\u00a0{', '.join(told)}"
