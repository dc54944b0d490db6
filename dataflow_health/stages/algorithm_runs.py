"""Answers about recordings, as Spark's workers give them.

Apart from the stage, which knows ledger and lake: a worker that need not import them starts sooner.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dataflow_health.flight.algorithms.algorithm import Algorithm, run_algorithms
from dataflow_health.flight.algorithms.finding import AlgorithmResult
from dataflow_health.flight.recording import Flight, Values
from dataflow_health.stages.arrow_batches import by_recording
from dataflow_health.stages.table_column import parameter_of

FINDING = pa.struct(
    [
        ("severity", pa.string()),
        ("start_s", pa.float64()),
        ("end_s", pa.float64()),
        ("peak", pa.float64()),
        ("peak_at_s", pa.float64()),
        ("detail", pa.string()),
    ]
)
ANSWERS = pa.schema(
    [
        ("recording", pa.string()),
        ("algorithm", pa.string()),
        ("version", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("findings", pa.list_(FINDING)),
    ]
)
"""One row a recording and algorithm."""

ANSWERS_IN_SPARK = (
    "recording string, algorithm string, version string, outcome string, reason string, "
    "findings array<struct<severity: string, start_s: double, end_s: double, peak: double, "
    "peak_at_s: double, detail: string>>"
)


def answerer(
    wanted: Mapping[str, Algorithm], recordings: frozenset[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What answers a part of the table.

    Args:
        wanted: Algorithms by name.
        recordings: Those that are asked for; others in the same files are passed over.

    Returns:
        From rows to :data:`ANSWERS`, for Spark's ``mapInArrow``.
    """

    def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for recording, table in by_recording(batches):
            if recording in recordings:
                outcomes = run_algorithms(wanted, flight(table))
                rows = [_answer(recording, outcome) for outcome in outcomes]
                yield pa.RecordBatch.from_pylist(rows, ANSWERS)

    return answer


def flight(table: pa.Table) -> Flight:
    """A recording's rows as algorithms see them: samples of a parameter side by side again."""
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


def _answer(recording: str, outcome: AlgorithmResult) -> dict[str, Any]:
    return {
        "recording": recording,
        "algorithm": outcome.algorithm,
        "version": outcome.version,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "findings": [{name: getattr(f, name) for name in FINDING.names} for f in outcome.findings],
    }
