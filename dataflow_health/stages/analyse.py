"""Stage 7, analyse: runs every algorithm over every recording, in one Spark job over one scan.

The meaning of an algorithm is one pure function in ``flight.algorithms``; Spark only brings the
recordings to it and the results back.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

import pyarrow as pa
from loguru import logger
from pyspark.sql import SparkSession

from dataflow_health import logs
from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.algorithms.algorithm import read_parameters
from dataflow_health.stages import file_analysis, result_files, spark_tasks
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.stages.file_analysis import (
    FileAnalysis,
    FileToAnalyse,
    KeptResults,
    RecordingToAnalyse,
    WrittenResults,
)
from dataflow_health.stages.result_files import ResultSummary
from dataflow_health.stages.runner import (
    pending_recordings,
    quarantine_result,
    read_input,
    save_results,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.table_reader import TableFile
from dataflow_health.storage.files import integrity
from dataflow_health.storage.files.lake import sha256
from dataflow_health.storage.ledger import ledger, pending, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord

STAGE = "analyse"
CODE_VERSION = "2"
DESCRIPTION = (
    "Results of all algorithms for the day's recordings; the stage's checks belong to this asset."
)
KINDS = frozenset({"pyspark", "parquet"})


@dataclass(frozen=True, slots=True)
class _Task:
    """One recording to analyse.

    Attributes:
        recording: The recording.
        kept: Its results that are still valid; None without any.
    """

    recording: PendingRecording
    kept: KeptResults | None

    @property
    def algorithms(self) -> frozenset[str]:
        """Names of the algorithms with a valid result."""
        return self.kept.algorithms if self.kept else frozenset()

    @property
    def in_file(self) -> RecordingToAnalyse:
        """The recording as its file is analysed."""
        return RecordingToAnalyse(self.recording.id, self.recording.arrival_day, self.kept)


def run(
    deps: Dependencies,
    request: StageRequest,
    *,
    spark: Callable[[], SparkSession],
    algorithms: Sequence[str] | None = None,
) -> StageSummary:
    """Analyses the day's recordings with the algorithms that have no valid result yet.

    Args:
        deps: What the stage works with.
        request: Day and scope.
        spark: Returns the Spark session; not called when there is nothing to do.
        algorithms: Names to keep to; None for all.

    Raises:
        SparkError: Spark cannot start or its job failed.
        StorageError: Files cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    [summary] = run_days(deps, [request], spark=spark, algorithms=algorithms)
    return summary


def run_days(
    deps: Dependencies,
    requests: Sequence[StageRequest],
    *,
    spark: Callable[[], SparkSession],
    algorithms: Sequence[str] | None = None,
) -> list[StageSummary]:
    """As :func:`run`, for several days of one run: one Spark job reads the files of all of them.

    Args:
        deps: What the stage works with.
        requests: Days and scopes, which differ in nothing else.
        spark: Returns the Spark session; not called when there is nothing to do.
        algorithms: Names to keep to; None for all.

    Returns:
        A summary of each request.
    """
    declared = deps.catalogue.algorithms
    versions = {name: algorithm.version for name, algorithm in declared.items()}
    requested = set(declared if algorithms is None else algorithms)
    tasks = [_tasks(deps, request, versions, requested) for request in requests]
    started_at = deps.clock()
    for request, of_day in zip(requests, tasks, strict=True):
        ids = [task.recording.id for task in of_day]
        ledger.begin(deps.engine, STAGE, ids, request.run_id, started_at)
    to_run = _algorithms_to_run(requests, list(chain.from_iterable(tasks)), requested)
    written = _write_results(deps, requests, spark, list(chain.from_iterable(tasks)), to_run)
    result = partial(_result, deps, versions, code_version(versions), started_at, written)
    return [
        _save_day(deps, request, map(result, of_day), len(of_day), to_run)
        for request, of_day in zip(requests, tasks, strict=True)
    ]


def _save_day(
    deps: Dependencies,
    request: StageRequest,
    results: Iterable[tuple[StageResult | None, Mapping[str, ResultSummary]]],
    total: int,
    ran: Set[str],
) -> StageSummary:
    """Writes the ledger of a day's recordings, and counts what the algorithms that ran found."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def counted() -> Iterator[StageResult]:
        for result, summaries in results:
            result_files.count_by_algorithm(counts, summaries, ran)
            if result is not None:
                yield result

    summary = save_results(STAGE, counted(), total, deps, request)
    return replace(summary, algorithm_counts=counts)


def code_version(versions: Mapping[str, str]) -> str:
    """Version of this code and of the meaning of all algorithms."""
    declared = json.dumps(dict(versions), sort_keys=True).encode()
    return f"{CODE_VERSION}-{sha256(declared)[:12]}"


def _tasks(
    deps: Dependencies, request: StageRequest, versions: Mapping[str, str], requested: set[str]
) -> list[_Task]:
    """Recordings that lack a requested result, or only need their complete results recorded."""
    version = code_version(versions)
    recordings = pending_recordings(STAGE, lambda _recording: version, deps, request)
    records = stage_records.find(deps.engine, stage=STAGE, day=request.day)
    by_id = {record.id: record for record in records}
    is_whole = request.force and requested >= set(versions)  # then no earlier result is kept
    kept = {} if is_whole else versions
    tasks = [_Task(each, _kept_results(deps, each, by_id[each.id], kept)) for each in recordings]
    return [
        task
        for task in tasks
        if request.force or requested - task.algorithms or task.algorithms == set(versions)
    ]


def _kept_results(
    deps: Dependencies,
    recording: PendingRecording,
    record: StageRecord,
    versions: Mapping[str, str],
) -> KeptResults | None:
    """Results of a recording that are still valid; None when their file is missing or damaged."""
    valid = valid_results(recording, record, versions)
    if valid:
        path, digest = record.output_path, record.output_digest or ""
        try:
            integrity.check_file(deps.lake, path, digest)
            return KeptResults(path, digest, frozenset(valid))
        except RecordingRefused as error:
            logger.warning("results are made again: {}", error)
    return None


def valid_results(
    recording: PendingRecording, record: StageRecord, versions: Mapping[str, str]
) -> Mapping[str, str]:
    """Versions of a recording's results that are still valid, by algorithm. Pure.

    Results are valid when they were made from the recording's present input, by the present version
    of their algorithm.

    Args:
        recording: The recording, with the digest of its present input.
        record: Its record at this stage, with what the last run made.
        versions: Present version of each algorithm.
    """
    if record.measurements.get("input_digest") != recording.input_digest:
        return {}
    made = record.measurements.get("versions", {})
    return {name: version for name, version in made.items() if versions.get(name) == version}


def _algorithms_to_run(
    requests: Sequence[StageRequest], tasks: Sequence[_Task], requested: set[str]
) -> set[str]:
    """Requested algorithms without a valid result of every recording; all of them when forced."""
    if any(request.force for request in requests):
        return requested if tasks else set()
    return {name for task in tasks for name in requested - task.algorithms}


def _write_results(
    deps: Dependencies,
    requests: Sequence[StageRequest],
    spark: Callable[[], SparkSession],
    tasks: Sequence[_Task],
    to_run: set[str],
) -> Mapping[str, WrittenResults]:
    """Scans the files of the recordings once; runs the algorithms and writes the result files.

    Returns:
        Results by recording; none for a recording whose file is missing or damaged.
    """
    if not to_run:
        unchanged = RESULTS_SCHEMA.empty_table()
        return {
            task.recording.id: file_analysis.write(deps.lake, task.in_file, unchanged)
            for task in tasks
        }
    algorithms = {name: deps.catalogue.algorithms[name] for name in sorted(to_run)}
    job = f"analysis of {', '.join(each.day for each in requests)}"
    process = logs.WorkerFunction(
        FileAnalysis(deps.lake, algorithms), {"stage": STAGE, "run": requests[0].run_id}
    )
    parameters = len(set[str]().union(*map(read_parameters, algorithms.values())))
    files = _sized_files(tasks, parameters)
    rows = spark_tasks.run(spark(), job, files, process, file_analysis.SPARK_SCHEMA)
    return _WrittenTable(rows)


class _WrittenTable(Mapping[str, WrittenResults]):
    """Results by recording, made of rows one by one: all as objects take much more memory."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self._numbers = {id_: number for number, id_ in enumerate(rows["recording"].to_pylist())}

    def __getitem__(self, recording: str) -> WrittenResults:
        [row] = self._rows.slice(self._numbers[recording], 1).to_pylist()
        return file_analysis.written_results(row)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _sized_files(tasks: Sequence[_Task], parameters: int) -> list[tuple[int, FileToAnalyse]]:
    """The files of some recordings, each with the number of values to read."""
    by_file: defaultdict[TableFile, list[_Task]] = defaultdict(list)
    for task in tasks:
        file = TableFile(task.recording.input_path, task.recording.input_file_digest)
        by_file[file].append(task)
    return [
        (
            parameters * sum(task.recording.input_rows for task in of_file),
            FileToAnalyse(file, [task.in_file for task in of_file]),
        )
        for file, of_file in sorted(by_file.items())
    ]


def _result(
    deps: Dependencies,
    versions: Mapping[str, str],
    version: str,
    started_at: datetime,
    written: Mapping[str, WrittenResults],
    task: _Task,
) -> tuple[StageResult | None, Mapping[str, ResultSummary]]:
    """The result of a recording for the ledger, and the summaries of its results."""
    results = written.get(task.recording.id)
    if results is None:
        return _missing_result(deps, task.recording, version, started_at), {}
    done = _written_result(task.recording, results, versions, version, started_at, deps.clock())
    return done, results.summaries


def _missing_result(
    deps: Dependencies, recording: PendingRecording, version: str, started_at: datetime
) -> StageResult | None:
    """Quarantined when the table's file is missing or damaged, or does not hold the recording.

    Waiting when ingest has rewritten the file since; analyse follows it. None when ingest has
    refused the recording since and withdrawn it.
    """
    present = pending.recordings(
        deps.engine, STAGE, recording.arrival_day, str, force=True, only=[recording.id]
    )
    if not present:
        return None
    if present[0].input_file_digest != recording.input_file_digest:
        return StageResult(recording.id, "waiting", version, started_at, deps.clock())
    refusal = RecordingRefused("not_in_table", f"{recording.input_path} holds no row of it")
    try:
        read_input(deps, recording)
    except RecordingRefused as error:
        refusal = error
    return quarantine_result(recording.id, refusal, version, started_at, deps.clock())


def _written_result(
    recording: PendingRecording,
    written: WrittenResults,
    versions: Mapping[str, str],
    version: str,
    started_at: datetime,
    finished_at: datetime,
) -> StageResult:
    """Done with a result of every declared algorithm; waiting when only some were requested."""
    summaries = written.summaries
    made = {name: summary.version for name, summary in summaries.items()}
    outcomes = [summary.outcome for summary in summaries.values()]
    return StageResult(
        id=recording.id,
        state="done" if made == versions else "waiting",
        code_version=version,
        started_at=started_at,
        finished_at=finished_at,
        rows_in=recording.input_rows,
        rows_out=len(summaries),
        output_path=written.path,
        output_digest=written.digest,
        measurements={
            "input_digest": recording.input_digest,
            "versions": made,
            "outcomes": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "findings": sum(summary.findings for summary in summaries.values()),
            "failed": [name for name, each in summaries.items() if each.outcome == "failed"],
        },
    )
