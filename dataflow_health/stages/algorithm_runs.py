"""Runs algorithms over recordings inside Spark's workers.

Apart from the stage, which imports the ledger and the lake: a worker without them starts sooner.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from loguru import logger

from dataflow_health.flight.algorithms.algorithm import Algorithm, run_algorithms
from dataflow_health.flight.algorithms.finding import AlgorithmResult
from dataflow_health.flight.recording import Flight, Values
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.table_column import parameter_of

FINDING_TYPE = pa.struct(
    [
        ("severity", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("peak", pa.float64()),
        ("peak_at_s", pa.float64()),
        ("detail", pa.string()),
    ]
)
RESULTS_SCHEMA = pa.schema(
    [
        ("recording", pa.string()),
        ("algorithm", pa.string()),
        ("version", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("findings", pa.list_(FINDING_TYPE)),
    ]
)
"""One row per recording and algorithm."""

SPARK_SCHEMA = (
    "recording string, algorithm string, version string, outcome string, reason string, "
    "findings array<struct<severity: string, start_s: double, end_s: double, peak: double, "
    "peak_at_s: double, detail: string>>"
)
""":data:`RESULTS_SCHEMA` in Spark's words."""


def map_function(
    algorithms: Mapping[str, Algorithm], recordings: frozenset[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function for Spark's ``mapInArrow`` that runs algorithms over a part of the table.

    Args:
        algorithms: Algorithms by name.
        recordings: Ids to analyse; other recordings in the same files are skipped.

    Returns:
        A function from rows of the analytics table to rows of :data:`RESULTS_SCHEMA`.
    """

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for recording, table in by_recording(batches):
            if recording in recordings:
                rows = [_row(recording, result) for result in _run(algorithms, table)]
                _log(recording, rows)
                yield pa.RecordBatch.from_pylist(rows, RESULTS_SCHEMA)

    return run


def _run(algorithms: Mapping[str, Algorithm], table: pa.Table) -> tuple[AlgorithmResult, ...]:
    """Results of one recording; all failed when it breaks them, which stops no other recording."""
    try:
        return run_algorithms(algorithms, to_flight(table))
    except Exception as error:  # noqa: BLE001  (a recording may cause any)
        reason = f"the recording raised {type(error).__name__}: {error}".rstrip(": ")
        return tuple(
            AlgorithmResult(name, algorithm.version, "failed", reason)
            for name, algorithm in algorithms.items()
        )


def _log(recording: str, rows: Sequence[Mapping[str, Any]]) -> None:
    counts = Counter(sorted(row["outcome"] for row in rows))
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    with logger.contextualize(recording=recording[:12]):
        logger.info("{} algorithms have run: {}", len(rows), outcomes)


def to_flight(table: pa.Table) -> Flight:
    """A recording's rows as algorithms read them, with the samples of a parameter side by side."""
    columns: dict[str, list[str]] = defaultdict(list)
    for name in table.column_names:
        if name != "second":
            columns[parameter_of(name)].append(name)
    return Flight(
        second=table["second"].to_numpy().astype(np.int32),
        values={
            parameter: np.column_stack([_values(table[name]) for name in names])
            for parameter, names in columns.items()
        },
    )


def _values(column: pa.ChunkedArray) -> Values:
    values: Values = column.cast(pa.float64()).fill_null(float("nan")).to_numpy()
    return values


def _row(recording: str, result: AlgorithmResult) -> Mapping[str, Any]:
    return {
        "recording": recording,
        "algorithm": result.algorithm,
        "version": result.version,
        "outcome": result.outcome,
        "reason": result.reason,
        "findings": [
            {name: getattr(finding, name) for name in FINDING_TYPE.names}
            for finding in result.findings
        ],
    }
