"""Records and contexts for the checks of stages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from dataflow_health.stages.checks.check import CheckContext, Thresholds
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.factories import DAY, NOON, dependencies

_EMPTY = dict.fromkeys(StageRecord._fields)


def make_record(**given: Any) -> StageRecord:
    """A finished record; fields without a value are None."""
    values = {
        "id": "1" * 64, "stage": "parse", "arrival_day": DAY, "state": "done", "measurements": {},
        "arrived_at": NOON, "tail": "HB-ZAA", "member": "a.rdf",
    }  # fmt: skip
    return StageRecord(**(_EMPTY | values | given))


def make_context(folder: Path, *records: StageRecord, stage: str = "parse") -> CheckContext:
    """A context on a real, empty ledger."""
    deps = dependencies(folder)
    thresholds = Thresholds(str(folder), timedelta(days=7), timedelta(hours=1), 0.0001)
    return CheckContext(deps.engine, deps.lake, thresholds, stage, DAY, NOON, records)
