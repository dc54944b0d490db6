"""Batch files of algorithm results: what one run of analyse writes and load reads.

The newest batch file of a recording holds all its results, so load reads one file. When only some
algorithms run again, the valid results of the others are carried over into the new file.
"""

import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.storage.files.lake import Lake, partition_path, sha256

FOLDER = "analyse"


class ResultSummary(NamedTuple):
    """One result without its findings.

    Attributes:
        version: Version of the algorithm.
        outcome: Outcome, as :data:`~dataflow_health.flight.algorithms.finding.AlgorithmOutcome`.
        findings: Number of findings.
    """

    version: str
    outcome: str
    findings: int


def read(lake: Lake, path: str) -> pa.Table:
    """All results in one batch file.

    Raises:
        StorageError: The file cannot be read.
    """
    return pq.read_table(pa.BufferReader(lake.read(path))).cast(RESULTS_SCHEMA)


def write(lake: Lake, day: str, results: pa.Table, code_version: str) -> tuple[str, str]:
    """Writes results to a new batch file.

    Returns:
        Path and SHA-256 of the file.

    Raises:
        StorageError: The file cannot be written.
    """
    ordered = results.sort_by([("recording", "ascending"), ("algorithm", "ascending")])
    recordings = sorted(set(ordered["recording"].to_pylist()))
    batch = sha256(json.dumps([recordings, code_version]).encode())[:16]
    sink = io.BytesIO()
    pq.write_table(ordered, sink, compression="zstd")
    content = sink.getbuffer()
    folder = partition_path(arrival_day=day, batch=f"{batch}-{sha256(content)[:8]}")
    path = f"{FOLDER}/{folder}/results.parquet"
    return path, lake.write(path, content)


def carry_over(lake: Lake, kept: Iterable[tuple[str, str, set[str]]]) -> list[pa.Table]:
    """Results of earlier batch files that are still valid.

    Args:
        lake: Files of the stages.
        kept: Batch file, recording, and names of the algorithms whose results to keep.

    Raises:
        StorageError: A file cannot be read.
    """
    by_file: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for path, recording, algorithms in kept:
        by_file[path][recording] = algorithms
    return [_select(read(lake, path), wanted) for path, wanted in by_file.items()]


def _select(results: pa.Table, wanted: Mapping[str, set[str]]) -> pa.Table:
    pairs = zip(results["recording"].to_pylist(), results["algorithm"].to_pylist(), strict=True)
    mask = [algorithm in wanted.get(recording, ()) for recording, algorithm in pairs]
    return results.filter(pa.array(mask, pa.bool_()))


def summarise(results: pa.Table) -> Mapping[str, Mapping[str, ResultSummary]]:
    """Version, outcome and number of findings by recording and algorithm."""
    summaries: dict[str, dict[str, ResultSummary]] = defaultdict(dict)
    counts = pc.list_value_length(results["findings"]).to_pylist()
    columns = (results[n].to_pylist() for n in ("recording", "algorithm", "version", "outcome"))
    for recording, algorithm, version, outcome, count in zip(*columns, counts, strict=True):
        summaries[recording][algorithm] = ResultSummary(version, outcome, count or 0)
    return summaries
