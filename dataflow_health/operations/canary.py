"""The canary: a recording with known results through all eight stages, compared bit by bit.

It is an aircraft of its own, CAN-ARY, with a database and a folder beside the real ones, and uses
only the built-in configuration: an operator's limits do not change it. The first stage with a wrong
result is reported; the stages after it are not judged.
"""

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataflow_health import masking, wiring
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.errors import DataflowHealthError
from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.operations import canary_digests
from dataflow_health.settings import Settings
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import lake_marker
from dataflow_health.storage.sql import canary_database, locks

ARCHIVE = "CAN-ARY_20260101T083000Z.zip"
LANDED_AT = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
DAY = "2026-01-01"
CODEC = "zst"
FOLDER = "canary"
"""Folder in the lake with the canary's files and its newest result; also its lock and run id."""

Spark = Callable[[], Any]


def fly(real: Dependencies, settings: Settings, spark: Spark) -> CanaryResult:
    """Runs the canary through all stages, compares, and saves the result.

    Args:
        real: Dependencies of the pipeline; the canary gets its own beside them.
        settings: The settings.
        spark: Returns the Spark session.

    Raises:
        StorageError: The lake is not mounted, or the result cannot be saved.
        DatabaseError: The database does not answer.
    """
    with locks.acquire(real.engine, FOLDER):
        started_at = real.clock()
        lake_marker.ensure(real.engine, real.lake)
        real.lake.remove_folder(FOLDER)
        deps = _dependencies(real)
        try:
            with tempfile.TemporaryDirectory(prefix="canary") as landing:
                stage, fault = _find_fault(deps, settings, Path(landing), spark)
        finally:
            deps.engine.dispose()
        ended_at = real.clock()
        took_s = (ended_at - started_at).total_seconds()
        result = CanaryResult(at=ended_at, took_s=took_s, stage=stage, fault=fault)
        canary_result.write(real.lake, result)
    return result


def compute_digests(
    deps: Dependencies, settings: Settings, landing: Path, spark: Spark
) -> dict[str, str]:
    """Digest of every stage's result, right or wrong, to be written down as the known ones."""
    request, options = StageRequest(DAY, FOLDER), _options(settings, landing, spark)
    digests = {}
    for stage in CHAIN:
        stage.run(deps, request, options)
        digests[stage.name] = canary_digests.digest(deps, stage.name, DAY)
    return digests


def land(landing: Path) -> None:
    """Puts the canary's archive into a landing folder."""
    target = landing / ARCHIVE
    shutil.copyfile(canary_digests.ARCHIVE_FILE, target)
    os.utime(target, (LANDED_AT.timestamp(), LANDED_AT.timestamp()))


def write_known(digests: Mapping[str, str]) -> None:
    """Replaces the known digests; read the difference before you commit it."""
    text = json.dumps(digests, indent=1) + "\n"
    canary_digests.KNOWN_DIGESTS.write_text(text, encoding="utf-8")


def _dependencies(real: Dependencies) -> Dependencies:
    return Dependencies(
        engine=canary_database.recreate(real.engine),
        lake=Lake(real.lake.path(FOLDER)),
        catalogue=_builtin_catalogue(),
        clock=real.clock,
        workers=1,
        sandbox=real.sandbox,
    )


@functools.cache
def _builtin_catalogue() -> config.Catalogue:
    return config.load(BUILTIN_FOLDER)


def _options(settings: Settings, landing: Path, spark: Spark) -> StageOptions:
    options = wiring.stage_options(settings, spark)
    return replace(options, source_url=str(landing), settle_s=0, tsv_codec=CODEC)


def _find_fault(
    deps: Dependencies, settings: Settings, landing: Path, spark: Spark
) -> tuple[str, str]:
    """The first stage with a wrong result, and the fault; both empty when all are right."""
    land(landing)
    request, options = StageRequest(DAY, FOLDER), _options(settings, landing, spark)
    known = canary_digests.known_digests()
    for stage in CHAIN:
        try:
            stage.run(deps, request, options)
            digest = canary_digests.digest(deps, stage.name, DAY)
        except (DataflowHealthError, OSError, ValueError, KeyError, TypeError) as error:
            return stage.name, masking.mask(f"{type(error).__name__}: {str(error).splitlines()[0]}")
        if digest != known[stage.name]:
            refusals = canary_digests.describe_refusals(deps, stage.name, DAY)
            return stage.name, f"result ({digest[:12]}) = {known[stage.name][:12]}{refusals}"
    return "", ""
