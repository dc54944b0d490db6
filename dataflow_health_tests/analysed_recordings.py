"""Recordings that analyse has finished with, and the algorithms that are declared."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.records import declared_algorithms
from dataflow_health_tests.factories import DAY, NOON

Versions = Mapping[str, str]


def analyse(
    engine: Engine, ids: Sequence[str], versions: Versions, at: datetime = NOON, day: str = DAY
) -> None:
    """Ends an analysis of recordings by algorithms of some versions."""
    code_version = "1-" + "-".join(f"{name}{version}" for name, version in sorted(versions.items()))
    results = [
        StageResult(
            each, "done", code_version, at, at, output_path="batch", output_digest=code_version,
            measurements={"versions": dict(versions), "outcomes": {}, "failed": [], "findings": 0},
        )
        for each in ids
    ]  # fmt: skip
    ledger.finish(engine, "analyse", day, "run", results)


def declare(engine: Engine, versions: Versions, at: datetime = NOON) -> None:
    """Declares algorithms in the ledger, and no others."""
    declared_algorithms.replace(engine, versions, at)
