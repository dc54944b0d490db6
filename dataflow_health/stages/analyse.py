"""Stage 7, analyse: every algorithm over every recording, in one Spark job over one scan.

What an algorithm means is one pure function (``flight.algorithm``); Spark brings it the recordings
and brings the answers back. A recording's newest batch file holds all its answers, so load reads
one file, and running one algorithm again carries the others' answers over.
"""

import io
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from dataflow_health.errors import SparkError
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.flight_phase import PHASE_PARAMETERS
from dataflow_health.stages.algorithm_runs import ANSWERS, ANSWERS_IN_SPARK, answerer
from dataflow_health.stages.runner import summarise
from dataflow_health.stages.stage import Dependencies, StageRequest, StageSummary
from dataflow_health.stages.table_column import parameter_of
from dataflow_health.storage.files.lake import partition_path, sha256
from dataflow_health.storage.ledger import ledger, pending, stage_records
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
    """What is to be answered for one recording: a row, answers that still stand, their file."""

    row: PendingRecording
    standing: Mapping[str, str]
    batch: str | None


def run(
    deps: Dependencies,
    request: StageRequest,
    *,
    spark: Callable[[], SparkSession],
    algorithms: Sequence[str] | None = None,
) -> StageSummary:
    """Answers what is not answered yet.

    Args:
        deps: What to work with.
        request: What is asked.
        spark: Gives the session; not called when there is nothing to do.
        algorithms: Names to keep to; all when not given.

    Raises:
        SparkError: Spark cannot start or its job failed.
        StorageError: Files cannot be read or kept.
        DatabaseError: The ledger does not answer.
    """
    declared = deps.catalogue.algorithms
    versions = {name: algorithm.version for name, algorithm in declared.items()}
    asked = set(declared if algorithms is None else algorithms)
    tasks = _tasks(deps, request, versions, asked)
    missing = {
        name for task in tasks for name in asked if request.force or name not in task.standing
    }
    if not tasks:
        return StageSummary(STAGE, request.day)
    begun = deps.clock()
    ledger.begin(deps.engine, STAGE, [task.row.id for task in tasks], request.run_id, begun)
    wanted = {name: declared[name] for name in sorted(missing)}
    fresh = _answers(deps, request, spark, tasks, wanted) if wanted else ANSWERS.empty_table()
    answers = pa.concat_tables([fresh, *_carried(deps, tasks, missing)])
    path, digest = _write(deps, request.day, answers, versions)
    told = _told(answers)
    passed = [_passage(deps, task, told, versions, path, digest, begun) for task in tasks]
    ledger.finish(deps.engine, STAGE, request.day, request.run_id, passed)
    request.progress(STAGE, len(tasks), len(tasks))
    return summarise(STAGE, request.day, passed)


def code_version(versions: Mapping[str, str]) -> str:
    """Changes with this code and with the meaning of any algorithm."""
    told = json.dumps(dict(versions), sort_keys=True).encode()
    return f"{CODE_VERSION}-{sha256(told)[:12]}"


def _tasks(
    deps: Dependencies, request: StageRequest, versions: Mapping[str, str], asked: set[str]
) -> list[_Task]:
    whole = code_version(versions)
    todo = pending.recordings(
        deps.engine, STAGE, request.day, lambda _row: whole, force=request.force, only=request.only
    )
    known = {row.id: row for row in stage_records.find(deps.engine, stage=STAGE, day=request.day)}
    tasks = [
        _Task(row, _standing(row, known[row.id], versions), known[row.id].output_path)
        for row in todo
    ]
    return [
        t
        for t in tasks
        if request.force or asked - set(t.standing) or set(t.standing) == set(versions)
    ]


def _standing(
    row: PendingRecording, known: StageRecord, versions: Mapping[str, str]
) -> Mapping[str, str]:
    """Answers given by the algorithms as they are now, to the input as it is now."""
    if known.measurements.get("input_digest") != row.input_digest:
        return {}
    return {n: v for n, v in known.measurements.get("versions", {}).items() if versions.get(n) == v}


def _answers(
    deps: Dependencies,
    request: StageRequest,
    spark: Callable[[], SparkSession],
    tasks: Sequence[_Task],
    wanted: Mapping[str, Algorithm],
) -> pa.Table:
    """The job: scan the files of the recordings once, answer all, bring the answers back."""
    session = spark()
    files: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        path = deps.lake.path(task.row.input_path)
        shape = task.row.input_measurements["schema"]
        if path not in files[shape]:
            files[shape].append(path)
    recordings = frozenset(task.row.id for task in tasks)
    answer = answerer(wanted, recordings)
    try:
        frames = [_scan(session, paths, wanted) for paths in files.values()]
        parts = [frame.mapInArrow(answer, ANSWERS_IN_SPARK) for frame in frames]
        found: pa.Table = reduce(DataFrame.unionAll, parts).toArrow()
    except PySparkException as error:
        raise SparkError(f"analysis of {request.day}: {str(error).splitlines()[0]}") from error
    return found.cast(ANSWERS)


def _scan(
    session: SparkSession, paths: Sequence[str], wanted: Mapping[str, Algorithm]
) -> DataFrame:
    """Reads only the columns that an algorithm or the phases look at."""
    frame = session.read.parquet(*paths)
    needed = set(PHASE_PARAMETERS).union(*(a.parameter_names for a in wanted.values()))
    doubles = {name for name, kind in frame.dtypes if kind == "double"}
    columns = [c for c in frame.columns if c in doubles and parameter_of(c) in needed]
    return frame.select("recording", "second", *columns)


def _carried(deps: Dependencies, tasks: Sequence[_Task], missing: set[str]) -> list[pa.Table]:
    """Standing answers of algorithms that did not run now, out of the recordings' last batches."""
    keep: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for task in tasks:
        standing = set(task.standing) - missing
        if standing and task.batch:
            keep[task.batch][task.row.id] = standing
    return [_kept(read(deps, path), wanted) for path, wanted in keep.items()]


def _kept(table: pa.Table, wanted: Mapping[str, set[str]]) -> pa.Table:
    pairs = zip(table["recording"].to_pylist(), table["algorithm"].to_pylist(), strict=True)
    return table.filter(pa.array([algorithm in wanted.get(rec, ()) for rec, algorithm in pairs]))


def read(deps: Dependencies, path: str) -> pa.Table:
    """The answers in one batch file."""
    return pq.read_table(pa.BufferReader(deps.lake.read(path))).cast(ANSWERS)


def _write(
    deps: Dependencies, day: str, answers: pa.Table, versions: Mapping[str, str]
) -> tuple[str, str]:
    ordered = answers.sort_by([("recording", "ascending"), ("algorithm", "ascending")])
    names = sorted(set(ordered["recording"].to_pylist()))
    batch = sha256(json.dumps([names, code_version(versions)]).encode())[:16]
    sink = io.BytesIO()
    pq.write_table(ordered, sink, compression="zstd")
    place = partition_path(arrival_day=day, batch=f"{batch}-{sha256(sink.getbuffer())[:8]}")
    path = f"{STAGE}/{place}/results.parquet"
    return path, deps.lake.write(path, sink.getbuffer())


def _told(answers: pa.Table) -> Mapping[str, Mapping[str, tuple[str, str, int]]]:
    """Version, outcome and number of findings by recording and algorithm."""
    told: dict[str, dict[str, tuple[str, str, int]]] = defaultdict(dict)
    counts = pc.list_value_length(answers["findings"]).to_pylist()
    columns = (answers[n].to_pylist() for n in ("recording", "algorithm", "version", "outcome"))
    for recording, algorithm, version, outcome, count in zip(*columns, counts, strict=True):
        told[recording][algorithm] = (version, outcome, count or 0)
    return told


def _passage(
    deps: Dependencies,
    task: _Task,
    told: Mapping[str, Mapping[str, tuple[str, str, int]]],
    versions: Mapping[str, str],
    path: str,
    digest: str,
    begun: datetime,
) -> StageResult:
    """Done when every declared algorithm has answered; waiting while only some were asked."""
    answers = told.get(task.row.id, {})
    given = {name: answer[0] for name, answer in answers.items()}
    outcomes = [answer[1] for answer in answers.values()]
    done = given == dict(versions)
    return StageResult(
        id=task.row.id,
        state="done" if done else "waiting",
        code_version=code_version(versions),
        started_at=begun,
        finished_at=deps.clock(),
        rows_in=task.row.input_rows,
        rows_out=len(answers),
        output_path=path,
        output_digest=sha256(f"{digest}-{task.row.id}".encode()),
        measurements={
            "input_digest": task.row.input_digest,
            "versions": given,
            "outcomes": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "findings": sum(answer[2] for answer in answers.values()),
            "failed": [name for name, answer in answers.items() if answer[1] == "failed"],
        },
    )
