"""Stage 7, analyse: runs every algorithm over every recording, in one Spark job over one scan.

The meaning of an algorithm is one pure function in ``flight.algorithms``; Spark only brings the
recordings to it and the results back.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from dataflow_health.stages import result_files, spark_tasks, table_reader
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA, SPARK_SCHEMA, map_function
from dataflow_health.stages.result_files import ResultSummary
from dataflow_health.stages.runner import (
    pending_recordings,
    quarantine_result,
    read_input,
    summarise,
)
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.table_reader import TableFile
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
        valid: Its results that are still valid.
    """

    recording: PendingRecording
    valid: pa.Table

    @property
    def algorithms(self) -> set[str]:
        """Names of the algorithms with a valid result."""
        return set(self.valid["algorithm"].to_pylist())


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
    new = _run_algorithms(deps, requests, spark, list(chain.from_iterable(tasks)), requested)
    save = partial(_save, deps, versions, started_at, new)
    return [
        _save_day(deps, request, save, of_day, new)
        for request, of_day in zip(requests, tasks, strict=True)
    ]


def _save_day(
    deps: Dependencies,
    request: StageRequest,
    save: Callable[[_Task], StageResult | None],
    tasks: Sequence[_Task],
    new: Mapping[str, pa.Table],
) -> StageSummary:
    """Writes the result files of a day's recordings, and the ledger."""
    if not tasks:
        return StageSummary(STAGE, request.day)
    with ThreadPoolExecutor(deps.workers) as pool:
        results = [each for each in pool.map(save, tasks) if each is not None]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    request.progress(STAGE, len(tasks), len(tasks))
    made = [new[task.recording.id] for task in tasks if task.recording.id in new]
    counts = result_files.count_by_algorithm(made)
    return replace(summarise(STAGE, request.day, results), algorithm_counts=counts)


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
    tasks = [
        _Task(each, _read_valid_results(deps, each, by_id[each.id], kept)) for each in recordings
    ]
    return [
        task
        for task in tasks
        if request.force or requested - task.algorithms or task.algorithms == set(versions)
    ]


def _read_valid_results(
    deps: Dependencies,
    recording: PendingRecording,
    record: StageRecord,
    versions: Mapping[str, str],
) -> pa.Table:
    """Results of a recording that are still valid; none when their file is missing or damaged."""
    valid = valid_results(recording, record, versions)
    if valid:
        try:
            results = result_files.read(deps.lake, record.output_path, record.output_digest or "")
            return result_files.select(results, set(valid))
        except RecordingRefused as error:
            logger.warning("results are made again: {}", error)
    return RESULTS_SCHEMA.empty_table()


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


def _run_algorithms(
    deps: Dependencies,
    requests: Sequence[StageRequest],
    spark: Callable[[], SparkSession],
    tasks: Sequence[_Task],
    requested: set[str],
) -> Mapping[str, pa.Table]:
    """Scans the files of the recordings once, and runs the algorithms that any recording lacks.

    Returns:
        New results by recording; none for a recording whose file is missing or damaged.
    """
    is_forced = any(request.force for request in requests)
    to_run = {
        name for task in tasks for name in requested if is_forced or name not in task.algorithms
    }
    if not to_run:
        return {task.recording.id: RESULTS_SCHEMA.empty_table() for task in tasks}
    algorithms = {name: deps.catalogue.algorithms[name] for name in sorted(to_run)}
    parameters = set[str]().union(*(read_parameters(each) for each in algorithms.values()))
    recordings = [task.recording for task in tasks]
    rows: Counter[TableFile] = Counter()
    for each in recordings:
        rows[TableFile(each.input_path, each.input_file_digest)] += each.input_rows
    files = [(count * len(parameters), file) for file, count in sorted(rows.items())]
    run_on_batches = map_function(algorithms, frozenset(each.id for each in recordings))

    def analyse_file(file: TableFile) -> Iterator[pa.RecordBatch]:
        return run_on_batches(table_reader.read_rows(lake, file, parameters))

    job, lake = f"analysis of {', '.join(each.day for each in requests)}", deps.lake
    process = logs.WorkerFunction(analyse_file, {"stage": STAGE, "run": requests[0].run_id})
    results = spark_tasks.run(spark(), job, files, process, SPARK_SCHEMA)
    return result_files.by_recording(results.cast(RESULTS_SCHEMA))


def _save(
    deps: Dependencies,
    versions: Mapping[str, str],
    started_at: datetime,
    new: Mapping[str, pa.Table],
    task: _Task,
) -> StageResult | None:
    """Writes the new and the still valid results of a recording to its result file."""
    recording = task.recording
    results = new.get(recording.id)
    if results is None:
        return _missing_result(deps, recording, code_version(versions), started_at)
    kept = result_files.select(task.valid, task.algorithms - set(results["algorithm"].to_pylist()))
    table = pa.concat_tables([results, kept])
    path, digest = result_files.write(deps.lake, recording.arrival_day, recording.id, table)
    summaries = result_files.summarise(table)
    return _result(recording, summaries, versions, path, digest, started_at, deps.clock())


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


def _result(
    recording: PendingRecording,
    summaries: Mapping[str, ResultSummary],
    versions: Mapping[str, str],
    path: str,
    digest: str,
    started_at: datetime,
    finished_at: datetime,
) -> StageResult:
    """Done with a result of every declared algorithm; waiting when only some were requested."""
    made = {name: summary.version for name, summary in summaries.items()}
    outcomes = [summary.outcome for summary in summaries.values()]
    return StageResult(
        id=recording.id,
        state="done" if made == dict(versions) else "waiting",
        code_version=code_version(versions),
        started_at=started_at,
        finished_at=finished_at,
        rows_in=recording.input_rows,
        rows_out=len(summaries),
        output_path=path,
        output_digest=digest,
        measurements={
            "input_digest": recording.input_digest,
            "versions": made,
            "outcomes": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "findings": sum(summary.findings for summary in summaries.values()),
            "failed": [name for name, each in summaries.items() if each.outcome == "failed"],
        },
    )
