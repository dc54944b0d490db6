"""Stage 8, load: writes results and findings to SQL, idempotently per recording.

Ledger and results share one database and one transaction, so what the ledger calls loaded is
loaded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dataflow_health.errors import RecordingRefused
from dataflow_health.stages import result_files
from dataflow_health.stages.runner import (
    done_result,
    pending_recordings,
    quarantine_result,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.ledger import StageOutput, StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.queries import flown_time
from dataflow_health.storage.records import finding_counts
from dataflow_health.storage.records import results as result_tables
from dataflow_health.storage.records.results import FindingRow, FlightRow, RunRow
from dataflow_health.storage.sql import partitions
from dataflow_health.storage.sql.database import writing

STAGE = "load"
CODE_VERSION = "1"
DESCRIPTION = "The result of every algorithm for every recording, in SQL, with its upload time."
KINDS = frozenset({"sql"})
RECORDINGS_PER_TRANSACTION = 200

AlgorithmResultRow = Mapping[str, Any]
"""One row of a result file: the result of one algorithm for one recording, with its findings."""


def run(deps: Dependencies, request: StageRequest) -> StageSummary:
    """Loads the results of the day's recordings; refuses those whose file is missing or damaged.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer; then nothing of the batch is there.
    """
    recordings = pending_recordings(STAGE, lambda _recording: CODE_VERSION, deps, request)
    parsed = {
        record.id: record
        for record in stage_records.find(deps.engine, stage="parse", day=request.day)
    }
    partitions.prepare(deps.engine, request.day)
    results: list[StageResult] = []
    for start in range(0, len(recordings), RECORDINGS_PER_TRANSACTION):
        batch = recordings[start : start + RECORDINGS_PER_TRANSACTION]
        results += _load(deps, request, batch, parsed)
        request.progress(STAGE, len(results), len(recordings))
    return summarise(STAGE, request.day, results)


def _read_rows(
    deps: Dependencies, recordings: Sequence[PendingRecording]
) -> tuple[Mapping[str, list[AlgorithmResultRow]], Mapping[str, RecordingRefused]]:
    """Rows of every recording with a sound result file, and the refusal of every other one."""
    rows: dict[str, list[AlgorithmResultRow]] = {}
    refusals: dict[str, RecordingRefused] = {}
    for each in recordings:
        try:
            table = result_files.read(deps.lake, each.input_path, each.input_file_digest)
            rows[each.id] = table.to_pylist()
        except RecordingRefused as error:
            refusals[each.id] = error
    return rows, refusals


def _load(
    deps: Dependencies,
    request: StageRequest,
    recordings: Sequence[PendingRecording],
    parsed: Mapping[str, StageRecord],
) -> list[StageResult]:
    """Replaces the results of some recordings, in one transaction with their ledger rows."""
    rows, refusals = _read_rows(deps, recordings)
    batch = [each for each in recordings if each.id in rows]
    uploaded_at = deps.clock()
    made = [result_rows(each, rows[each.id], parsed[each.id], uploaded_at) for each in batch]
    runs = [row for runs, _ in made for row in runs]
    findings = [row for _, findings in made for row in findings]
    flights = _flight_rows(deps, batch)
    results = [_result(each, rows[each.id], uploaded_at) for each in batch]
    results += [
        quarantine_result(id_, error, CODE_VERSION, uploaded_at, uploaded_at)
        for id_, error in refusals.items()
    ]
    with writing(deps.engine) as connection:
        ids = [each.id for each in batch]
        result_tables.replace(connection, request.day, ids, runs, findings, flights)
        ledger.finish_in(connection, STAGE, request.day, request.run_id, results)
    return results


def result_rows(
    recording: PendingRecording,
    rows: Sequence[AlgorithmResultRow],
    parsed: StageRecord,
    uploaded_at: datetime,
) -> tuple[list[RunRow], list[FindingRow]]:
    """The SQL rows of a recording: its algorithm runs and findings. Pure.

    Args:
        recording: The recording.
        rows: Content of its result file.
        parsed: Its record at parse.
        uploaded_at: Time of the load, UTC.
    """
    runs = [_run_row(recording, row, parsed, uploaded_at) for row in rows]
    findings = [
        _finding_row(recording, row, number, finding, parsed)
        for row in rows
        for number, finding in enumerate(row["findings"])
    ]
    return runs, findings


def _flight_rows(deps: Dependencies, batch: Sequence[PendingRecording]) -> list[FlightRow]:
    flown = flown_time.read(deps.engine, [each.id for each in batch])
    return [
        FlightRow(each.id, each.tail, finding_counts.month(time.started_at), time.flown_s)
        for each in batch
        if (time := flown.get(each.id))
    ]


def _run_row(
    recording: PendingRecording, row: AlgorithmResultRow, parsed: StageRecord, uploaded_at: datetime
) -> RunRow:
    return RunRow(
        recording_id=recording.id,
        algorithm=row["algorithm"],
        version=row["version"],
        parser_version=parsed.code_version or "",
        tail=recording.tail,
        arrival_day=recording.arrival_day,
        outcome=row["outcome"],
        reason=row["reason"],
        findings=len(row["findings"]),
        uploaded_at=uploaded_at,
    )


def _finding_row(
    recording: PendingRecording,
    row: AlgorithmResultRow,
    number: int,
    finding: Mapping[str, Any],
    parsed: StageRecord,
) -> FindingRow:
    recording_started_at = parsed.measurements["started_at"]
    start_at = None
    if recording_started_at:
        offset = timedelta(seconds=finding["start_s"])
        start_at = datetime.fromisoformat(recording_started_at) + offset
    return FindingRow(
        recording_id=recording.id,
        algorithm=row["algorithm"],
        number=number,
        tail=recording.tail,
        arrival_day=recording.arrival_day,
        severity=finding["severity"],
        start_s=finding["start_s"],
        end_s=finding["end_s"],
        start_at=start_at,
        peak=finding["peak"],
        peak_at_s=finding["peak_at_s"],
        detail=finding["detail"],
    )


def _result(
    recording: PendingRecording, rows: Sequence[AlgorithmResultRow], uploaded_at: datetime
) -> StageResult:
    output = StageOutput(
        rows_in=len(rows),
        rows_out=len(rows),
        output_digest=recording.input_digest,
        measurements={
            "findings": sum(len(row["findings"]) for row in rows),
            "age_s": (uploaded_at - recording.arrived_at).total_seconds(),
        },
    )
    return done_result(recording.id, output, CODE_VERSION, uploaded_at, uploaded_at)
