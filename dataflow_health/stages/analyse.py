"""Stage 7, analyse: runs every algorithm over every recording, in one Spark job over one scan.

The meaning of an algorithm is one pure function in ``flight.algorithms``; Spark only brings the
recordings to it and the results back.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from dataflow_health.errors import SparkError
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.stages import result_batches
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA, SPARK_SCHEMA, map_function
from dataflow_health.stages.result_batches import ResultSummary
from dataflow_health.stages.runner import pending_recordings, summarise
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.table_column import parameter_of
from dataflow_health.storage.files.lake import sha256
from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.ledger.stage_records import StageRecord

STAGE = "analyse"
CODE_VERSION = "1"
DESCRIPTION = (
    "Results of all algorithms for the day's recordings; the stage's checks belong to this asset."
)
KINDS = frozenset({"pyspark", "parquet"})


@dataclass(frozen=True, slots=True)
class _Task:
    """One recording to analyse.

    Attributes:
        recording: The recording.
        valid: Versions of its results that are still valid, by algorithm.
        batch: Batch file of these results; empty when there is none.
    """

    recording: PendingRecording
    valid: Mapping[str, str]
    batch: str


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
    declared = deps.catalogue.algorithms
    versions = {name: algorithm.version for name, algorithm in declared.items()}
    requested = set(declared if algorithms is None else algorithms)
    tasks = _tasks(deps, request, versions, requested)
    if not tasks:
        return StageSummary(STAGE, request.day)
    started_at = deps.clock()
    ids = [task.recording.id for task in tasks]
    ledger.begin(deps.engine, STAGE, ids, request.run_id, started_at)
    table = _make_results(deps, request, spark, tasks, requested)
    path, digest = result_batches.write(deps.lake, request.day, table, code_version(versions))
    summaries = result_batches.summarise(table)
    results = [
        _result(
            task.recording,
            summaries.get(task.recording.id, {}),
            versions,
            path,
            digest,
            started_at,
            deps.clock(),
        )
        for task in tasks
    ]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, results)
    request.progress(STAGE, len(tasks), len(tasks))
    return summarise(STAGE, request.day, results)


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
    tasks = [
        _Task(each, valid_results(each, by_id[each.id], versions), by_id[each.id].output_path)
        for each in recordings
    ]
    return [
        task
        for task in tasks
        if request.force or requested - set(task.valid) or set(task.valid) == set(versions)
    ]


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


def _make_results(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    tasks: Sequence[_Task],
    requested: set[str],
) -> pa.Table:
    """Runs the algorithms that a recording lacks, and carries over the other valid results."""
    to_run = {
        name for task in tasks for name in requested if request.force or name not in task.valid
    }
    algorithms = {name: deps.catalogue.algorithms[name] for name in sorted(to_run)}
    new = _run_algorithms(deps, request, spark, tasks, algorithms)
    kept = (
        (task.batch, task.recording.id, valid)
        for task in tasks
        if (valid := set(task.valid) - to_run) and task.batch
    )
    return pa.concat_tables([new, *result_batches.carry_over(deps.lake, kept)])


def _run_algorithms(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    tasks: Sequence[_Task],
    algorithms: Mapping[str, Algorithm],
) -> pa.Table:
    """Scans the files of the recordings once, and runs all algorithms over them."""
    if not algorithms:
        return RESULTS_SCHEMA.empty_table()
    session = spark()
    files: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        path = deps.lake.path(task.recording.input_path)
        schema = task.recording.input_measurements["schema"]
        if path not in files[schema]:
            files[schema].append(path)
    run_on_batches = map_function(algorithms, frozenset(task.recording.id for task in tasks))
    try:
        frames = [_scan(session, paths, algorithms) for paths in files.values()]
        parts = [frame.mapInArrow(run_on_batches, SPARK_SCHEMA) for frame in frames]
        results: pa.Table = reduce(DataFrame.unionAll, parts).toArrow()
    except PySparkException as error:
        raise SparkError(f"analysis of {request.day}: {str(error).splitlines()[0]}") from error
    return results.cast(RESULTS_SCHEMA)


def _scan(
    session: SparkSession, paths: Sequence[str], algorithms: Mapping[str, Algorithm]
) -> DataFrame:
    """Reads only the columns that the algorithms and the flight phases need."""
    frame = session.read.parquet(*paths)
    needed = set(PHASE_PARAMETERS).union(*(each.parameter_names for each in algorithms.values()))
    doubles = {name for name, kind in frame.dtypes if kind == "double"}
    columns = [c for c in frame.columns if c in doubles and parameter_of(c) in needed]
    return frame.select("recording", "second", *columns)


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
        output_digest=sha256(f"{digest}-{recording.id}".encode()),
        measurements={
            "input_digest": recording.input_digest,
            "versions": made,
            "outcomes": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "findings": sum(summary.findings for summary in summaries.values()),
            "failed": [name for name, each in summaries.items() if each.outcome == "failed"],
        },
    )
