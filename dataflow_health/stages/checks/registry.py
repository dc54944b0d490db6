"""Evaluates a stage's checks for one arrival day; the only place where they are decided.

The names are those of :mod:`dataflow_health.health.stage_check_names`, which the process files in
``config/processes`` may declare.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.observation import Observation
from dataflow_health.health.settled_evidence import EVIDENCE_LIMIT
from dataflow_health.stages.checks import analyse, compress, conservation, download, load
from dataflow_health.stages.checks.check import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    Thresholds,
)
from dataflow_health.stages.checks.quarantine import no_other_refusals, no_refusals, no_remarks
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_order import STAGES

CHECK_FUNCTIONS: Mapping[tuple[str, str], CheckFunction] = {
    ("download", "source_reachable"): download.source_reachable,
    ("download", "sidecar_digests_hold"): no_other_refusals(),
    ("download", "disk_headroom"): download.disk_headroom,
    ("extract", "archives_readable"): no_other_refusals("no_recording", "empty_archive"),
    ("extract", "archives_held_a_recording"): no_refusals("no_recording", "empty_archive"),
    ("parse", "frames_in_sync"): no_remarks(
        "frames_in_sync",
        refusals=no_other_refusals(
            "unknown_layout", "values_in_range", "clock_consistent", "tail_mismatch"
        ),
    ),
    ("parse", "parameters_present"): no_remarks(
        "parameters_present", refusals=no_refusals("unknown_layout")
    ),
    ("parse", "values_in_range"): no_remarks(
        "values_in_range", refusals=no_refusals("values_in_range")
    ),
    ("parse", "aircraft_matches"): no_refusals("tail_mismatch"),
    ("parse", "clock_consistent"): no_remarks(
        "clock_consistent", refusals=no_refusals("clock_consistent")
    ),
    ("parse", "duration_plausible"): no_remarks("duration_plausible"),
    ("parse", "parameters_live"): no_remarks("parameters_live"),
    ("compress", "read_back_exact"): no_other_refusals(),
    ("compress", "ratio_in_band"): compress.ratio_in_band,
    ("store", "rows_equal_parse"): conservation.rows_equal("parse", no_refusals("tsv_differs")),
    ("store", "files_open"): no_other_refusals("tsv_differs"),
    ("ingest", "rows_conserved"): conservation.rows_equal("store", no_other_refusals()),
    ("ingest", "nulls_conserved"): conservation.nulls_conserved,
    ("analyse", "every_recording_analysed"): analyse.every_recording_analysed,
    ("analyse", "algorithms_apply"): analyse.algorithms_apply,
    ("analyse", "finding_rate_in_band"): analyse.finding_rate_in_band,
    ("load", "rows_landed"): load.rows_landed,
    ("load", "upload_times_present"): load.upload_times_present,
    ("load", "landing_to_sql_age"): load.landing_to_sql_age,
} | {(stage, "conservation"): conservation.conservation for stage in STAGES}
"""Function of each check, by stage and name."""


def evaluate(
    catalogue: Catalogue,
    engine: Engine,
    lake: Lake,
    thresholds: Thresholds,
    stage: str,
    day: str,
    now: datetime,
    names: Sequence[str] | None = None,
) -> tuple[Observation, ...]:
    """Evaluates the declared checks of a stage for an arrival day.

    Args:
        catalogue: Declares the checks of the stage and their severities.
        engine: Database of the ledger and the results.
        lake: Files of the stages.
        thresholds: Limits of the operator.
        stage: Name of the stage.
        day: Arrival day.
        now: Evaluation time, UTC.
        names: Checks to keep to; None for all.

    Raises:
        DatabaseError: The database does not answer.
    """
    records = stage_records.find(engine, stage=stage, day=day)
    context = CheckContext(engine, lake, thresholds, stage, day, now, records)
    return tuple(
        _evaluate(context, check)
        for check in catalogue.processes[stage].checks
        if isinstance(check, AssetCheck) and (names is None or check.name in names)
    )


def _evaluate(context: CheckContext, check: AssetCheck) -> Observation:
    """Result of one check, with a line in the log."""
    started_s = time.perf_counter()
    found = _observation(context, check, CHECK_FUNCTIONS[context.stage, check.name](context))
    duration_ms = (time.perf_counter() - started_s) * 1e3
    place = f"{context.stage}.{check.name} of {context.day}"
    logger.info("check {}: {} in {:.1f} ms: {}", place, found.outcome, duration_ms, found.detail)
    return found


def _observation(context: CheckContext, check: AssetCheck, result: StageCheckResult) -> Observation:
    return Observation(
        process=context.stage,
        check=check.name,
        outcome="passed" if result.passed else "failed",
        severity="warning" if result.downgraded else check.severity,
        at=context.now,
        arrival_day=date.fromisoformat(context.day),
        detail=result.detail,
        evidence=result.evidence[:EVIDENCE_LIMIT],
    )
