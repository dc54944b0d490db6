"""The board inside Dagster's UI: one asset that shows how everything is, and one check of it.

Nothing is judged here; it is the report that every face shows.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from dataflow_health.config.load import Catalogue
from dataflow_health.diagram.strip import strip
from dataflow_health.errors import DatabaseFault
from dataflow_health.health.observation import Card
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import ORDER, Status
from dataflow_health.orchestration import observe, wiring
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage import fleet
from dataflow_health.storage.fleet import AircraftAccount
from dataflow_health.storage.stages import RECORDING_STAGES

KEY = dg.AssetKey(["overview"])
CHECK = "everything_healthy"

INTERVAL_S = 5
COUNTS_S = 30
"""While only counts change, as in a long run, they are written this often at most."""
HEARTBEAT_S = 300
"""Written this often though nothing changed, so that its age tells that somebody still looks."""

_DESCRIPTION = """How everything is, on one page: the health strip, each stage, each aircraft.

Red only where the cause is: what waits for somebody else's fault is BLOCKED. Written anew whenever
something changes; materialise it to look at once."""


def asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """The board, and what a person who presses Materialize gets."""

    @dg.asset(
        key=KEY,
        group_name="overview",
        kinds={"dashboard"},
        owners=["team:data-platform"],
        description=_DESCRIPTION,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=KEY, description="No process is FAILED by a fault of its own."
            )
        ],
    )
    def overview(pipeline: PipelineResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        report, aircraft = look(catalogue, pipeline, wiring.utc_now())
        yield dg.MaterializeResult(
            metadata=board(report, aircraft),
            check_results=[
                dg.AssetCheckResult(
                    passed=not report.causes,
                    check_name=CHECK,
                    description=verdict(report),
                    metadata=evidence(report),
                )
            ],
        )

    return overview


def sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """Writes the board whenever something changed, without a run."""

    @dg.sensor(
        name="overview",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes the overview anew whenever something changed, without a run.",
    )
    def tell(
        context: dg.SensorEvaluationContext, pipeline: PipelineResource
    ) -> dg.SensorResult | dg.SkipReason:
        report, aircraft = look(catalogue, pipeline, wiring.utc_now())
        if not due(report, context.cursor):
            return dg.SkipReason("nothing changed")
        return dg.SensorResult(asset_events=list(events(report, aircraft)), cursor=mark(report))

    return tell


def look(
    catalogue: Catalogue, pipeline: PipelineResource, now: datetime
) -> tuple[HealthReport, Sequence[AircraftAccount]]:
    """The report, and the account of every aircraft; without the latter when the ledger is away."""
    try:
        ports = pipeline.ports
        return observe.report(ports, now), fleet.by_aircraft(ports.engine)
    except DatabaseFault as fault:
        lost = observe.lost(catalogue.processes, str(fault), now)
        return observe.judge(catalogue.processes, lost, now), ()


def events(
    report: HealthReport, aircraft: Sequence[AircraftAccount]
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The board as Dagster keeps it."""
    yield dg.AssetMaterialization(
        KEY, description=verdict(report), metadata=board(report, aircraft)
    )
    yield dg.AssetCheckEvaluation(
        asset_key=KEY,
        check_name=CHECK,
        passed=not report.causes,
        description=verdict(report),
        metadata=evidence(report),
    )


def due(report: HealthReport, cursor: str | None) -> bool:
    """Whether the board must be written.

    Args:
        report: As it is now.
        cursor: What :func:`mark` gave when it was written last.
    """
    try:
        before = json.loads(cursor or "")
        age_s = report.at.timestamp() - before["at_s"]
    except (ValueError, KeyError, TypeError):
        return True
    if before["statuses"] != _digest(_statuses(report)) or age_s >= HEARTBEAT_S:
        return True
    return bool(before["counts"] != _digest(_counts(report)) and age_s >= COUNTS_S)


def mark(report: HealthReport) -> str:
    """What must differ for the board to be written again."""
    told = {
        "at_s": report.at.timestamp(),
        "statuses": _digest(_statuses(report)),
        "counts": _digest(_counts(report)),
    }
    return json.dumps(told)


def verdict(report: HealthReport) -> str:
    """One line: the causes by name, or that there are none."""
    if not report.causes:
        return f"no process is FAILED; the worst is {report.status}"
    return "; ".join(f"{cause.name} FAILED: {cause.reason}" for cause in report.causes)


def board(report: HealthReport, aircraft: Sequence[AircraftAccount]) -> dict[str, Any]:
    """Strip, tables and numbers of the asset's page; Dagster plots the numbers over time."""
    statuses = [process.status for process in report.processes]
    counted = {f"processes_{s.lower()}": statuses.count(s) for s in reversed(ORDER)}
    told: dict[str, Any] = {
        "health": dg.MetadataValue.md(strip(report)),
        "processes": dg.MetadataValue.table([_row(each) for each in report.processes]),
        "as_of": dg.MetadataValue.timestamp(report.at),
    }
    if aircraft:
        told["aircraft"] = dg.MetadataValue.table([_aircraft_row(each) for each in aircraft])
    return told | counted


def evidence(report: HealthReport) -> dict[str, Any]:
    """Strip and causes of the check's page, down to the byte."""
    told: dict[str, Any] = {"health": dg.MetadataValue.md(strip(report))}
    if report.causes:
        told["causes"] = dg.MetadataValue.table(list(_cause_rows(report)))
    return told


def _row(each: ProcessHealth) -> dg.TableRecord:
    counts = each.counts
    return dg.TableRecord(
        {
            "process": each.name,
            "status": f"{each.status.symbol} {each.status}",
            "since": each.since.strftime("%Y-%m-%d %H:%M:%SZ") if each.since else "",
            "in": counts.incoming if counts else "",
            "done": counts.done if counts else "",
            "in flight": counts.in_flight if counts else "",
            "quarantined": counts.quarantined if counts else "",
            "why": each.reason,
        }
    )


def _aircraft_row(each: AircraftAccount) -> dg.TableRecord:
    cells: Mapping[str, str] = {stage: _cell(each, stage) for stage in RECORDING_STAGES}
    return dg.TableRecord({"aircraft": each.tail, "recordings": each.recordings, **cells})


def _cell(each: AircraftAccount, stage: str) -> str:
    """Done here and refused here, or how far it is."""
    refused, done = each.refused(stage), each.done(stage)
    if refused:
        return f"{Status.FAILED.symbol} {done}, {refused} refused"
    reached = sum(each.states.get(stage, {}).values())
    return f"{Status.HEALTHY.symbol} {done}" if done == reached else f"… {done} of {reached}"


def _cause_rows(report: HealthReport) -> Iterator[dg.TableRecord]:
    for cause in report.causes:
        for card in cause.cards or (Card(found=cause.reason),):
            yield dg.TableRecord(
                {
                    "process": cause.name,
                    "aircraft": card.tail,
                    "archive": card.archive,
                    "member": card.member,
                    "byte": "" if card.byte_offset is None else card.byte_offset,
                    "found": card.found or card.reason,
                    "to put right": card.command,
                }
            )


def _statuses(report: HealthReport) -> list[tuple[str, str, Sequence[str]]]:
    return [(each.name, each.status, each.blocked_by) for each in report.processes]


def _counts(report: HealthReport) -> list[str]:
    return [each.counts.model_dump_json() if each.counts else "" for each in report.processes]


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
