"""Groups the rows of Arrow record batches by recording."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa


def by_recording(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.Table]]:
    """Groups consecutive rows by their ``recording`` column.

    A recording's rows are consecutive in one file, and a file is read by one task; so no shuffle is
    needed to get a recording whole.

    Yields:
        Recording id and all its rows, without the ``recording`` column.
    """
    current: str | None = None
    parts: list[pa.RecordBatch] = []
    for batch in batches:
        for recording, rows in _runs(batch):
            if recording != current and current is not None:
                yield current, pa.Table.from_batches(parts)
                parts = []
            current = recording
            parts.append(rows)
    if current is not None:
        yield current, pa.Table.from_batches(parts)


def _runs(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    if batch.num_rows == 0:
        return
    column = batch.column("recording")
    codes = column.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(codes)) + 1, [len(codes)]))
    rest = batch.select([name for name in batch.schema.names if name != "recording"])
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        yield column[start].as_py(), rest.slice(start, end - start)
