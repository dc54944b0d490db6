"""Result files: results of all algorithms for one recording. Analyse writes and load reads them.

When only some algorithms run again, the valid results of the others are carried over into the new
file. One file per recording: damage to a file costs one recording, not all of the day.
"""

import io
from collections import Counter
from collections.abc import Mapping, MutableMapping, Set
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.storage.files import integrity, parquet_bytes
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


def read(lake: Lake, path: str, digest: str) -> pa.Table:
    """All results in one file.

    Args:
        lake: Files of the stages.
        path: Path of the file in the lake.
        digest: SHA-256 of the file.

    Raises:
        RecordingRefused: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    content = integrity.read_file(lake, path, digest)
    return parquet_bytes.read(parquet_bytes.open_file(content)).cast(RESULTS_SCHEMA)


def write(lake: Lake, day: str, recording: str, results: pa.Table) -> tuple[str, str]:
    """Writes the results of a recording to a file that is named by its content.

    Returns:
        Path and SHA-256 of the file.

    Raises:
        StorageError: The file cannot be written.
    """
    sink = io.BytesIO()
    ordered = results.sort_by("algorithm")
    # Dictionaries and statistics of so few rows take a third of the time, and some more bytes.
    pq.write_table(ordered, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    content = sink.getbuffer()
    folder = partition_path(arrival_day=day, recording=recording)
    path = f"{FOLDER}/{folder}/results-{sha256(content)[:8]}.parquet"
    return path, lake.write(path, content)


def select(results: pa.Table, algorithms: Set[str]) -> pa.Table:
    """Results of some algorithms only."""
    wanted = pa.array(sorted(algorithms), pa.string())
    return results.filter(pc.is_in(results["algorithm"], value_set=wanted))


def count_by_algorithm(
    counts: MutableMapping[str, Counter[str]], summaries: Mapping[str, ResultSummary], ran: Set[str]
) -> None:
    """Adds the results of a recording to counts: ``recordings``, ``findings``, and each outcome.

    Args:
        counts: Counts by algorithm, with an empty one where there is none.
        summaries: Summaries of the recording's results, by algorithm.
        ran: Names of the algorithms to count.
    """
    for name in ran & summaries.keys():
        result = summaries[name]
        of_algorithm = counts[name]
        of_algorithm["recordings"] += 1
        of_algorithm["findings"] += result.findings
        of_algorithm[result.outcome] += 1


def summarise(results: pa.Table) -> Mapping[str, ResultSummary]:
    """Version, outcome and number of findings of a recording's results, by algorithm."""
    counts = pc.list_value_length(results["findings"]).to_pylist()
    columns = (results[name].to_pylist() for name in ("algorithm", "version", "outcome"))
    return {
        algorithm: ResultSummary(version, outcome, count or 0)
        for algorithm, version, outcome, count in zip(*columns, counts, strict=True)
    }
