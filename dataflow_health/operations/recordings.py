"""Drill-down from the overview: algorithm runs, the history of one recording, stage counts."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.observation import Counts
from dataflow_health.health.process import Process
from dataflow_health.monitoring import history
from dataflow_health.schemas import (
    AlgorithmFinding,
    AlgorithmRun,
    AlgorithmRunPage,
    LedgerBalance,
    RecordingHistory,
    RecordingStage,
    StageBalance,
)
from dataflow_health.storage.ledger import conservation
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.queries.algorithm_runs import RunFilter, read_page
from dataflow_health.storage.queries.recording_history import read_history


def algorithm_runs(engine: Engine, wanted: RunFilter) -> AlgorithmRunPage:
    """One page of the drill-down table.

    Raises:
        DatabaseError: The database is unreachable.
    """
    found, total = read_page(engine, wanted)
    rows = tuple(AlgorithmRun.model_validate(row._asdict()) for row in found)
    return AlgorithmRunPage(rows=rows, total=total, limit=wanted.limit, offset=wanted.offset)


def recording_history(engine: Engine, id_prefix: str) -> RecordingHistory:
    """History of the recording whose id begins with a prefix.

    Raises:
        NotFound: No recording id begins with the prefix, or several do.
        DatabaseError: The database is unreachable.
    """
    found = read_history(engine, id_prefix)
    return RecordingHistory.model_validate(
        found.recording._asdict()
        | {
            "recording": found.recording.id,
            "stages": tuple(_stage(record) for record in found.stages),
            "outcomes": dict(sorted(Counter(found.outcomes).items())),
            "findings": tuple(
                AlgorithmFinding.model_validate(each._asdict()) for each in found.findings
            ),
            "duplicate_archives": tuple(sorted(set(found.duplicates_in))),
        }
    )


def ledger_balance(
    engine: Engine, processes: Mapping[str, Process], at: datetime, day: str | None = None
) -> LedgerBalance:
    """Input and output counts of every stage.

    Args:
        engine: Database of the ledger.
        processes: The declared processes.
        at: Current time, UTC.
        day: Arrival day; None for all days together.

    Raises:
        DatabaseError: The database is unreachable.
    """
    if day is not None:
        of_day = conservation.stage_counts(engine, at, day)
        balances = tuple(_balance(each.process, each, day) for each in of_day)
        return LedgerBalance(is_balanced=all(each.balances for each in of_day), stages=balances)
    found = history.of(engine, processes).read(engine, at)
    stages = tuple(_balance(stage, counts) for stage, counts in found.totals().items())
    return LedgerBalance(is_balanced=all(each.balances for each in found.counts), stages=stages)


def _balance(stage: str, counts: Counts, day: str = "") -> StageBalance:
    return StageBalance(
        stage=stage, arrival_day=day, **counts.model_dump(include=set(Counts.model_fields))
    )


def _stage(record: StageRecord) -> RecordingStage:
    evidence = record.evidence.hex(" ") if record.evidence else ""
    return RecordingStage.model_validate(record._asdict() | {"hex": evidence})
