"""The drill-down under the overview: a page of answers, one recording's way, the accounts."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine

from dataflow_health.schemas import (
    AlgorithmFinding,
    AlgorithmRun,
    AlgorithmRunPage,
    LedgerBalance,
    RecordingHistory,
    StageBalance,
    StageResult,
)
from dataflow_health.storage.ledger import conservation, ledger
from dataflow_health.storage.ledger.ledger import Row
from dataflow_health.storage.queries import drill_down
from dataflow_health.storage.queries.drill_down import Wanted


def algorithm_runs(engine: Engine, wanted: Wanted) -> AlgorithmRunPage:
    """One page of the drill-down table.

    Raises:
        DatabaseError: The database does not answer.
    """
    found, total = drill_down.recordings(engine, wanted)
    rows = tuple(AlgorithmRun.model_validate(dict(row)) for row in found)
    return AlgorithmRunPage(rows=rows, total=total, limit=wanted.limit, offset=wanted.offset)


def recording_history(engine: Engine, beginning: str) -> RecordingHistory:
    """The way of the one recording whose id begins so.

    Raises:
        NotFound: None does, or more than one.
        DatabaseError: The database does not answer.
    """
    found = drill_down.way(engine, beginning)
    named = {
        name: found.recording[name]
        for name in RecordingHistory.model_fields
        if name in found.recording
    }
    told: dict[str, Any] = {
        **named,
        "recording": found.recording["id"],
        "stages": tuple(_passage(row) for row in found.stages),
        "outcomes": dict(sorted(Counter(row["outcome"] for row in found.answers).items())),
        "findings": tuple(AlgorithmFinding.model_validate(dict(row)) for row in found.findings),
        "duplicate_archives": tuple(sorted({row["archive"] for row in found.others})),
    }
    return RecordingHistory.model_validate(told)


def ledger_balance(engine: Engine, day: str | None = None) -> LedgerBalance:
    """The accounts of one day, or of all days together.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = ledger.accounts(engine, day)
    shown = found if day is not None else list(conservation.total(found).values())
    told = tuple(StageBalance(**asdict(each), unaccounted=each.unaccounted) for each in shown)
    return LedgerBalance(is_balanced=all(each.balances for each in found), stages=told)


def _passage(row: Row) -> StageResult:
    evidence = row["evidence"]
    told = {name: value for name, value in row.items() if name != "evidence"}
    return StageResult.model_validate(told | {"hex": evidence.hex(" ") if evidence else ""})
