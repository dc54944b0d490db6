"""Analyses the recordings of files of the table inside Spark's workers, and writes the results.

A result file is written by the task that ran the algorithms; only its path, its digest and counts
leave the worker.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
from loguru import logger

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.algorithms.algorithm import Algorithm, read_parameters
from dataflow_health.stages import algorithm_runs, result_files, table_reader
from dataflow_health.stages.algorithm_runs import RESULTS_SCHEMA
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.executor import ThreadExecutor
from dataflow_health.stages.result_files import ResultSummary
from dataflow_health.stages.table_reader import TableFile
from dataflow_health.storage.files.lake import Lake

WRITERS = 4
"""Threads that write result files in a task: a disk may take longer to sync a file than algorithms
take for a short recording."""

WRITTEN_SCHEMA = pa.schema(
    [
        ("recording", pa.string()),
        ("path", pa.string()),
        ("digest", pa.string()),
        ("algorithms", pa.list_(pa.string())),
        ("versions", pa.list_(pa.string())),
        ("outcomes", pa.list_(pa.string())),
        ("findings", pa.list_(pa.int64())),
    ]
)
"""One row per recording: its result file, and a summary of each of its results."""

SPARK_SCHEMA = (
    "recording string, path string, digest string, algorithms array<string>, "
    "versions array<string>, outcomes array<string>, findings array<bigint>"
)
""":data:`WRITTEN_SCHEMA` in Spark's words."""


class KeptResults(NamedTuple):
    """Earlier results of a recording that are still valid.

    Attributes:
        path: Path of their file in the lake.
        digest: SHA-256 of the file.
        algorithms: Names of the algorithms whose results stay.
    """

    path: str
    digest: str
    algorithms: frozenset[str]


class RecordingToAnalyse(NamedTuple):
    """One recording in a file.

    Attributes:
        id: Id of the recording.
        arrival_day: Arrival day.
        kept: Earlier results that go into its new file; None without any.
    """

    id: str
    arrival_day: str
    kept: KeptResults | None


class FileToAnalyse(NamedTuple):
    """A file of the table, and which of its recordings to analyse.

    Attributes:
        file: The file.
        recordings: The recordings; others in the file are skipped.
    """

    file: TableFile
    recordings: Sequence[RecordingToAnalyse]


class WrittenResults(NamedTuple):
    """The result file of a recording.

    Attributes:
        path: Path of the file in the lake.
        digest: SHA-256 of the file.
        summaries: Summary of each result in it, by algorithm.
    """

    path: str
    digest: str
    summaries: Mapping[str, ResultSummary]


@dataclass(frozen=True, slots=True)
class FileAnalysis:
    """Runs algorithms on the recordings of files, one after the other.

    Attributes:
        lake: Files of the stages; every worker can read and write it.
        algorithms: Algorithms by name.
    """

    lake: Lake
    algorithms: Mapping[str, Algorithm]

    def __call__(self, files: Sequence[FileToAnalyse]) -> Iterator[pa.RecordBatch]:
        """Writes the results of each recording that the files have.

        While files of results are synced, the next recordings are read, also from the next file.

        Yields:
            Rows of :data:`WRITTEN_SCHEMA`, in one batch; none of a file that is missing or damaged.

        Raises:
            StorageError: The lake cannot be read or written.
        """
        results = chain.from_iterable(map(self._results, files))
        with closing(ThreadExecutor(WRITERS).run("results", results, self._write)) as made:
            written = [_row(recording.id, each) for (recording, _), each in made]
        yield pa.RecordBatch.from_pylist(written, WRITTEN_SCHEMA)

    def _results(
        self, wanted: FileToAnalyse
    ) -> Iterator[tuple[RecordingToAnalyse, pa.RecordBatch]]:
        """Results of the recordings of one file, one recording after the other."""
        recordings = {each.id: each for each in wanted.recordings}
        parameters = set[str]().union(*map(read_parameters, self.algorithms.values()))
        for id_, rows in by_recording(table_reader.read_rows(self.lake, wanted.file, parameters)):
            if recording := recordings.get(id_):
                yield recording, algorithm_runs.run_recording(self.algorithms, id_, rows)

    def _write(self, results: tuple[RecordingToAnalyse, pa.RecordBatch]) -> WrittenResults:
        recording, new = results
        return write(self.lake, recording, pa.Table.from_batches([new]))


def write(lake: Lake, recording: RecordingToAnalyse, new: pa.Table) -> WrittenResults:
    """Writes the new and the kept results of a recording to its result file.

    Args:
        lake: Files of the stages.
        recording: The recording.
        new: New results, as rows of :data:`RESULTS_SCHEMA`; they replace kept ones.

    Raises:
        StorageError: The lake cannot be read or written.
    """
    parts = [new]
    if recording.kept is not None:
        stays = recording.kept.algorithms - set(new["algorithm"].to_pylist())
        parts.append(result_files.select(_read_kept(lake, recording.kept), stays))
    results = pa.concat_tables(parts)
    path, digest = result_files.write(lake, recording.arrival_day, recording.id, results)
    return WrittenResults(path, digest, result_files.summarise(results))


def _read_kept(lake: Lake, kept: KeptResults) -> pa.Table:
    """The kept results; none when their file was damaged meanwhile, so they are owed again."""
    try:
        return result_files.read(lake, kept.path, kept.digest)
    except RecordingRefused as error:
        logger.warning("results are made again: {}", error)
        return RESULTS_SCHEMA.empty_table()


def _row(recording: str, written: WrittenResults) -> Mapping[str, object]:
    summaries = written.summaries.values()
    return {
        "recording": recording,
        "path": written.path,
        "digest": written.digest,
        "algorithms": list(written.summaries),
        "versions": [each.version for each in summaries],
        "outcomes": [each.outcome for each in summaries],
        "findings": [each.findings for each in summaries],
    }


def written_results(row: Mapping[str, object]) -> WrittenResults:
    """A row of :data:`WRITTEN_SCHEMA` as an object."""
    columns = (row[name] for name in ("algorithms", "versions", "outcomes", "findings"))
    summaries = {name: ResultSummary(*summary) for name, *summary in zip(*columns, strict=True)}
    return WrittenResults(str(row["path"]), str(row["digest"]), summaries)
