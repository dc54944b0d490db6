"""Compress: counts in Parquet, against engineering values in Parquet."""

import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import fixtures
from benchmarks.measure import Row, Target, compare
from dataflow_health.stages import compress, tsv_format
from dataflow_health.storage.files import recording_table

OF_RAW = "of the recorder's bytes"


def run(*, quick: bool = False) -> list[Row]:
    """One recording, of two hours unless it has to be quick."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    raw = fixtures.recording(fleet, 0)[1]
    decoded = fixtures.decoded(fleet, 0)
    table = recording_table.to_table(decoded, {})
    values = tsv_format.to_data_frame(decoded)[0].cast({pl.Float64: pl.Float32}).to_arrow()
    ours, theirs = compress.encode(table), _float_parquet(values)
    if not pq.read_table(pa.BufferReader(ours)).equals(table):
        raise AssertionError("counts do not read back as they were")
    seconds = compare(
        {
            "ours": lambda: compress.encode(table),
            "theirs": lambda: _float_parquet(values),
            "read": lambda: pq.read_table(pa.BufferReader(ours)),
            "read theirs": lambda: pq.read_table(pa.BufferReader(theirs)),
        }
    )
    size_mb = len(raw) / 1e6
    rate = {name: size_mb / taken for name, taken in seconds.items()}
    float32 = "float32, zstd"
    short = fixtures.decoded(fixtures.TINY, 0)
    short_bytes = len(fixtures.recording(fixtures.TINY, 0)[1])
    short_size = len(compress.encode(recording_table.to_table(short, {}))) / short_bytes
    return [
        Row("compress, size of counts", len(ours) / len(raw), OF_RAW, target=Target("<=", 0.22)),
        Row("compress, size of counts, 12 minutes", short_size, OF_RAW),
        Row(f"compress, size of {float32}", len(theirs) / len(raw), OF_RAW),
        Row("compress, writing", rate["ours"], "MB/s", rate["ours"] / rate["theirs"], float32),
        Row("compress, reading", rate["read"], "MB/s", rate["read"] / rate["read theirs"], float32),
    ]


def _float_parquet(values: pa.Table) -> memoryview:
    sink = io.BytesIO()
    pq.write_table(values, sink, compression="zstd")
    return sink.getbuffer()
