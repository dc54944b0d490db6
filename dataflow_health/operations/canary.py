"""The canary: a recording with known answers through all eight stages, compared bit by bit.

It is an aircraft of its own, CAN-ARY, in a database and a folder of its own beside the real ones,
read by what is built in: a limit of the operator's own changes nothing here. The first stage whose
result is not the known one is to blame; what comes after it is not judged.
"""

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dataflow_health import wiring
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.errors import DataflowHealthError
from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.operations import canary_digests
from dataflow_health.settings import Settings
from dataflow_health.stages import analyse, compress, download, extract, ingest, load, parse, store
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import canary_database, locks

ARCHIVE = "CAN-ARY_20260101T083000Z.zip"
LANDED_AT = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
DAY = "2026-01-01"
CODEC = "zst"
FOLDER = "canary"
"""In the lake: its files, and what was found last."""

Spark = Callable[[], Any]


def fly(real: Dependencies, chosen: Settings, spark: Spark) -> CanaryResult:
    """Runs it through all stages, compares, and keeps what was found.

    Args:
        real: Dependencies of the pipeline; the canary gets its own beside them.
        chosen: The settings.
        spark: Gives the session.

    Raises:
        StorageError: What was found cannot be kept.
        DatabaseError: The database does not answer.
    """
    with locks.acquire(real.engine, FOLDER):
        begun = real.clock()
        real.lake.remove_folder(FOLDER)
        deps = _dependencies(real)
        try:
            with tempfile.TemporaryDirectory(prefix="canary") as landing:
                stage, fault = _first_fault(deps, chosen, Path(landing), spark)
        finally:
            deps.engine.dispose()
        ended = real.clock()
        took_s = (ended - begun).total_seconds()
        found = CanaryResult(at=ended, took_s=took_s, stage=stage, fault=fault)
        canary_result.write(real.lake, found)
    return found


def results(deps: Dependencies, chosen: Settings, landing: Path, spark: Spark) -> dict[str, str]:
    """Every stage's result as a digest, whatever they are; for writing the known ones down."""
    steps = _steps(deps, chosen, landing, spark)
    found = {}
    for stage in STAGES:
        steps[stage]()
        found[stage] = canary_digests.digest(deps, stage, DAY)
    return found


def land(landing: Path) -> None:
    """Puts the canary's archive into a landing folder."""
    target = landing / ARCHIVE
    shutil.copyfile(canary_digests.RECORDING, target)
    os.utime(target, (LANDED_AT.timestamp(), LANDED_AT.timestamp()))


def _dependencies(real: Dependencies) -> Dependencies:
    return Dependencies(
        engine=canary_database.recreate(real.engine),
        lake=Lake(real.lake.path(FOLDER)),
        catalogue=_declared(),
        clock=real.clock,
        workers=1,
    )


@functools.cache
def _declared() -> config.Catalogue:
    return config.load(BUILTIN_FOLDER)


def _first_fault(
    deps: Dependencies, chosen: Settings, landing: Path, spark: Spark
) -> tuple[str, str]:
    """The first stage that is wrong, and what is; empty when all are right."""
    land(landing)
    steps, wanted = _steps(deps, chosen, landing, spark), canary_digests.answers()
    for stage in STAGES:
        try:
            steps[stage]()
            found = canary_digests.digest(deps, stage, DAY)
        except (DataflowHealthError, OSError, ValueError, KeyError, TypeError) as error:
            return stage, f"{type(error).__name__}: {str(error).splitlines()[0]}"
        if found != wanted[stage]:
            told = canary_digests.told(deps, stage, DAY)
            return stage, f"result ({found[:12]}) = {wanted[stage][:12]}{told}"
    return "", ""


def _steps(
    deps: Dependencies, chosen: Settings, landing: Path, spark: Spark
) -> Mapping[str, Callable[[], object]]:
    request = StageRequest(DAY, FOLDER)
    return {
        "download": lambda: download.run(deps, request, url=str(landing), settle_s=0),
        "extract": lambda: extract.run(deps, request, limits=wiring.limits(chosen)),
        "parse": lambda: parse.run(deps, request),
        "compress": lambda: compress.run(deps, request),
        "store": lambda: store.run(deps, request, codec=CODEC),
        "ingest": lambda: ingest.run(deps, request, spark=spark),
        "analyse": lambda: analyse.run(deps, request, spark=spark),
        "load": lambda: load.run(deps, request),
    }


def write_known(answers: Mapping[str, str]) -> None:
    """Writes the known answers anew; read the difference before you commit it."""
    canary_digests.ANSWERS.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
