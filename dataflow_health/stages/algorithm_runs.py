"""Runs algorithms over recordings inside Spark's workers.

Apart from the stage, which imports the ledger and the lake: a worker without them starts sooner.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain

import numpy as np
import pyarrow as pa
from loguru import logger

from dataflow_health.flight.algorithms.algorithm import Algorithm, run_algorithms
from dataflow_health.flight.algorithms.finding import AlgorithmResult
from dataflow_health.flight.recording import Flight, Values
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


def run_recording(
    algorithms: Mapping[str, Algorithm], recording: str, rows: pa.Table
) -> pa.RecordBatch:
    """Results of all algorithms for one recording.

    Args:
        algorithms: Algorithms by name.
        recording: Id of the recording.
        rows: Its rows of the analytics table: second, and the columns of parameters.

    Returns:
        Rows of :data:`RESULTS_SCHEMA`, in the order of the algorithms.
    """
    results = _run(algorithms, rows)
    counts = Counter(sorted(result.outcome for result in results))
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    with logger.contextualize(recording=recording[:12]):
        logger.info("{} algorithms have run: {}", len(results), outcomes)
    return to_arrow(recording, results)


def _run(algorithms: Mapping[str, Algorithm], rows: pa.Table) -> tuple[AlgorithmResult, ...]:
    """Results of one recording; all failed when it breaks them, which stops no other recording."""
    try:
        return run_algorithms(algorithms, to_flight(rows))
    except Exception as error:  # noqa: BLE001  (a recording may cause any)
        reason = f"the recording raised {type(error).__name__}: {error}".rstrip(": ")
        return tuple(
            AlgorithmResult(name, algorithm.version, "failed", reason)
            for name, algorithm in algorithms.items()
        )


def to_flight(table: pa.Table) -> Flight:
    """A recording's rows as algorithms read them, with the samples of a parameter side by side."""
    columns: dict[str, list[str]] = defaultdict(list)
    for name in table.column_names:
        if name != "second":
            columns[parameter_of(name)].append(name)
    return Flight(
        second=table["second"].to_numpy().astype(np.int32),
        values={
            parameter: _values([table[name] for name in names])
            for parameter, names in columns.items()
        },
    )


def _values(columns: Sequence[pa.ChunkedArray]) -> Values:
    """Samples side by side, NaN for null, in memory of their own that algorithms may write to."""
    values = np.empty((len(columns[0]), len(columns)))
    for place, column in enumerate(columns):
        values[:, place] = column.to_numpy()
    return values


def to_arrow(recording: str, results: Sequence[AlgorithmResult]) -> pa.RecordBatch:
    """Results as rows of :data:`RESULTS_SCHEMA`; a column at a time, as single rows cost more."""
    findings = list(chain.from_iterable(result.findings for result in results))
    fields = [
        pa.array([getattr(finding, field.name) for finding in findings], field.type)
        for field in FINDING_TYPE
    ]
    ends = accumulate((len(result.findings) for result in results), initial=0)
    columns = [
        [recording] * len(results),
        [result.algorithm for result in results],
        [result.version for result in results],
        [result.outcome for result in results],
        [result.reason for result in results],
    ]
    lists = pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.StructArray.from_arrays(fields, fields=list(FINDING_TYPE)),
    )
    texts = [pa.array(column, pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays([*texts, lists], schema=RESULTS_SCHEMA)
