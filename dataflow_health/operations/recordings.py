"""The drill-down under the overview: a page of answers, one recording's way, the accounts."""

from collections import Counter
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.observation import Counts
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


def algorithm_runs(engine: Engine, chosen: RunFilter) -> AlgorithmRunPage:
    """One page of the drill-down table.

    Raises:
        DatabaseError: The database does not answer.
    """
    found, total = read_page(engine, chosen)
    rows = tuple(AlgorithmRun.model_validate(row._asdict()) for row in found)
    return AlgorithmRunPage(rows=rows, total=total, limit=chosen.limit, offset=chosen.offset)


def recording_history(engine: Engine, beginning: str) -> RecordingHistory:
    """The way of the one recording whose id begins so.

    Raises:
        NotFound: None does, or more than one.
        DatabaseError: The database does not answer.
    """
    found = read_history(engine, beginning)
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


def ledger_balance(engine: Engine, at: datetime, day: str | None = None) -> LedgerBalance:
    """The counts of one day, or of all days together.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = conservation.stage_counts(engine, at, day)
    shown = (
        [_balance(stage, each) for stage, each in conservation.total(found).items()]
        if day is None
        else [_balance(each.process, each, day) for each in found]
    )
    return LedgerBalance(is_balanced=all(each.balances for each in found), stages=tuple(shown))


def _balance(stage: str, counts: Counts, day: str = "") -> StageBalance:
    return StageBalance(
        stage=stage, arrival_day=day, **counts.model_dump(include=set(Counts.model_fields))
    )


def _stage(record: StageRecord) -> RecordingStage:
    evidence = record.evidence.hex(" ") if record.evidence else ""
    return RecordingStage.model_validate(record._asdict() | {"hex": evidence})
