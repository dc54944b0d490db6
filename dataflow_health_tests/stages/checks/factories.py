"""Records, contexts and ledger rows for the checks of stages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from dataflow_health.stages.checks.check import CheckContext, Thresholds
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
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
    thresholds = Thresholds(str(folder), timedelta(hours=1), 0.0001)
    return CheckContext(deps.engine, deps.lake, thresholds, stage, DAY, NOON, records)


def refused_context(folder: Path, stage: str, reason: str) -> CheckContext:
    """A context with one recording, which the stage refused."""
    return make_context(folder, make_record(state="quarantined", reason=reason), stage=stage)


def insert_recording(engine: Engine, id_: str, **given: Any) -> None:
    """Inserts a recording into the ledger."""
    row = {
        "id": id_, "archive_id": "a" * 64, "member": "a.rdf", "recorder": "r", "tail": "HB-ZAA",
        "size_bytes": 1, "arrival_day": DAY, "arrived_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(tables.recording.insert().values(**(row | given)))


def insert_run(engine: Engine, id_: str, findings: int, day: str = DAY) -> None:
    """Inserts the result of one algorithm on a recording."""
    row = {
        "recording_id": id_, "algorithm": "a", "version": "1", "parser_version": "1",
        "tail": "HB-ZAA", "arrival_day": day, "outcome": "found" if findings else "clear",
        "reason": "", "findings": findings, "uploaded_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(tables.algorithm_run.insert().values(**row))
