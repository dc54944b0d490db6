"""Stage 8, load: answers into SQL, idempotent per recording, one transaction a batch.

The ledger and the results are one database, so what the ledger calls loaded is loaded.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dataflow_health.stages import analyse
from dataflow_health.stages.runner import summarise
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql.database import writing

STAGE = "load"
CODE_VERSION = "1"
DESCRIPTION = "The result of every algorithm for every recording, in SQL, with its upload time."
KINDS = frozenset({"sql"})
BATCH = 200
"""Recordings in one transaction."""


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Loads the day's answers.

    Raises:
        StorageError: A batch of answers cannot be read.
        DatabaseError: The database does not answer; nothing of the batch is there then.
    """
    todo = pending.recordings(
        deps.engine,
        STAGE,
        request.day,
        lambda _row: CODE_VERSION,
        force=request.force,
        only=request.only,
    )
    by_file: dict[str, list[PendingRecording]] = defaultdict(list)
    for row in todo:
        by_file[row.input_path].append(row)
    parsed = {r.id: r for r in stage_records.find(deps.engine, stage="parse", day=request.day)}
    passed: list[StageResult] = []
    for path, rows in by_file.items():
        answers = _by_recording(deps, path)
        for start in range(0, len(rows), BATCH):
            passed += _load(deps, request, rows[start : start + BATCH], answers, parsed)
            request.progress(STAGE, len(passed), len(todo))
    return summarise(STAGE, request.day, passed)


def _by_recording(deps: Dependencies, path: str) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for answer in analyse.read(deps, path).to_pylist():
        found[answer["recording"]].append(answer)
    return found


def _load(
    deps: Dependencies,
    request: StageRequest,
    batch: Sequence[PendingRecording],
    answers: Mapping[str, list[dict[str, Any]]],
    parsed: Mapping[str, StageRecord],
) -> list[StageResult]:
    uploaded_at = deps.clock()
    runs = [
        _run_row(row, answer, parsed[row.id], uploaded_at)
        for row in batch
        for answer in answers[row.id]
    ]
    findings = [
        _finding_row(row, answer, number, found, parsed[row.id])
        for row in batch
        for answer in answers[row.id]
        for number, found in enumerate(answer["findings"])
    ]
    passages = [_passage(row, answers[row.id], uploaded_at) for row in batch]
    with writing(deps.engine) as connection:
        results.replace(connection, [row.id for row in batch], runs, findings)
        ledger.finish_in(connection, STAGE, request.day, request.run_id, passages)
    return passages


def _run_row(
    row: PendingRecording, answer: Mapping[str, Any], parsed: StageRecord, at: datetime
) -> RunRow:
    return RunRow(
        recording_id=row.id,
        algorithm=answer["algorithm"],
        version=answer["version"],
        parser_version=parsed.code_version or "",
        tail=row.tail,
        arrival_day=row.arrival_day,
        outcome=answer["outcome"],
        reason=answer["reason"],
        findings=len(answer["findings"]),
        uploaded_at=at,
    )


def _finding_row(
    row: PendingRecording,
    answer: Mapping[str, Any],
    number: int,
    found: Mapping[str, Any],
    parsed: StageRecord,
) -> FindingRow:
    begun = parsed.measurements["started_at"]
    start_at = (
        datetime.fromisoformat(begun) + timedelta(seconds=found["start_s"]) if begun else None
    )
    return FindingRow(
        recording_id=row.id,
        algorithm=answer["algorithm"],
        number=number,
        tail=row.tail,
        severity=found["severity"],
        start_s=found["start_s"],
        end_s=found["end_s"],
        start_at=start_at,
        peak=found["peak"],
        peak_at_s=found["peak_at_s"],
        detail=found["detail"],
    )


def _passage(
    row: PendingRecording, answers: Sequence[Mapping[str, Any]], at: datetime
) -> StageResult:
    findings = sum(len(answer["findings"]) for answer in answers)
    return StageResult(
        id=row.id,
        state="done",
        code_version=CODE_VERSION,
        started_at=at,
        finished_at=at,
        rows_in=len(answers),
        rows_out=len(answers),
        output_digest=row.input_digest,
        measurements={"findings": findings, "age_s": (at - row.arrived_at).total_seconds()},
    )
