"""What each stage asserts about a day, answered from the ledger alone.

Dagster's asset checks, the API and the command line all call :func:`check`; none of them judges on
its own. Names are those declared in ``config/processes/<stage>.yaml``.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.observation import Observation
from dataflow_health.stages.checks import analyse, compress, conservation, download, load
from dataflow_health.stages.checks.check_day import (
    CheckContext,
    CheckFunction,
    StageCheckResult,
    Thresholds,
)
from dataflow_health.stages.checks.refusals import refused, remarked
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_order import STAGES

EVIDENCE_LIMIT = 20
"""Cards kept with one answer; the detail tells how many there are in all."""

_SYNC = (
    "no_sync", "zero_filled", "ff_filled", "wrong_frame_rate", "words_byte_swapped",
    "ambiguous_word_packing", "foreign_header", "too_short", "frames_in_sync",
)  # fmt: skip

CHECK_FUNCTIONS: Mapping[tuple[str, str], CheckFunction] = {
    ("download", "source_reachable"): download.source_reachable,
    ("download", "sidecar_digests_hold"): refused("sidecar_mismatch", others=True),
    ("download", "disk_headroom"): download.disk_headroom,
    ("download", "aircraft_heard_from"): download.aircraft_heard_from,
    ("extract", "archives_readable"): refused(others=True),
    ("extract", "archives_held_a_recording"): refused("no_recording", "empty_archive"),
    ("parse", "frames_in_sync"): remarked("frames_in_sync", refusals=_SYNC, others=True),
    ("parse", "parameters_present"): remarked("parameters_present", refusals=("unknown_layout",)),
    ("parse", "values_in_range"): remarked("values_in_range", refusals=("values_in_range",)),
    ("parse", "clock_consistent"): remarked(
        "clock_consistent", refusals=("clock_consistent", "tail_mismatch")
    ),
    ("parse", "duration_plausible"): remarked("duration_plausible"),
    ("parse", "parameters_live"): remarked("parameters_live"),
    ("compress", "read_back_exact"): refused("not_bit_exact", others=True),
    ("compress", "ratio_in_band"): compress.ratio_in_band,
    ("store", "rows_equal_parse"): conservation.rows_equal("parse"),
    ("store", "files_open"): refused("tsv_unreadable", others=True),
    ("ingest", "rows_conserved"): conservation.rows_equal("store"),
    ("ingest", "nulls_conserved"): conservation.nulls_conserved,
    ("analyse", "every_recording_answered"): analyse.every_recording_answered,
    ("analyse", "finding_rate_in_band"): analyse.finding_rate_in_band,
    ("load", "rows_landed"): load.rows_landed,
    ("load", "upload_times_present"): load.upload_times_present,
    ("load", "landing_to_sql_age"): load.landing_to_sql_age,
} | {(stage, "conservation"): conservation.conservation for stage in STAGES}
"""Which question each declared check asks."""


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
    """Answers a stage's checks about a day.

    Args:
        catalogue: Declares which checks the stage has, and how severe each is.
        engine: The ledger's.
        lake: The files.
        thresholds: The operator's.
        stage: The stage.
        day: Arrival day.
        now: The moment.
        names: Checks to keep to; all when not given.
    """
    seen = CheckContext(
        engine, lake, thresholds, stage, day, now, stage_records.find(engine, stage=stage, day=day)
    )
    declared = [c for c in catalogue.processes[stage].checks if c.kind == "asset_check"]
    return tuple(
        _observation(seen, each.name, each.severity, CHECK_FUNCTIONS[stage, each.name](seen))
        for each in declared
        if (names is None or each.name in names) and (stage, each.name) in CHECK_FUNCTIONS
    )


def _observation(
    day: CheckContext, name: str, severity: str, answer: StageCheckResult
) -> Observation:
    return Observation.model_validate(
        {
            "process": day.stage,
            "check": name,
            "outcome": "passed" if answer.passed else "failed",
            "severity": "warning" if answer.mild else severity,
            "at": day.now,
            "arrival_day": date.fromisoformat(day.day),
            "detail": answer.detail,
            "evidence": answer.evidence[:EVIDENCE_LIMIT],
        }
    )
