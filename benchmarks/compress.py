"""Compress: counts in Parquet, compared with engineering values in Parquet."""

import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import fixtures
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.stages import compress, tsv_format
from dataflow_health.storage.files import recording_table

UNIT = "of the recorded bytes"


def run(*, quick: bool = False) -> list[Measurement]:
    """Compresses one recording of two hours, or of 12 minutes if quick."""
    fleet = fixtures.TINY if quick else fixtures.FEW
    raw = fixtures.recording(fleet, 0)[1]
    decoded = fixtures.decoded(fleet, 0)
    table = recording_table.to_table(decoded, {})
    values = tsv_format.to_data_frame(decoded)[0].cast({pl.Float64: pl.Float32}).to_arrow()
    ours, theirs = compress.encode(table), _float_parquet(values)
    if not pq.read_table(pa.BufferReader(ours)).equals(table):
        raise AssertionError("counts differ after reading back")
    seconds = compare(
        {
            "ours": lambda: compress.encode(table),
            "theirs": lambda: _float_parquet(values),
            "read": lambda: pq.read_table(pa.BufferReader(ours)),
            "read theirs": lambda: pq.read_table(pa.BufferReader(theirs)),
        }
    )
    size_mb = len(raw) / 1e6
    rate = {name: size_mb / duration_s for name, duration_s in seconds.items()}
    float32 = "float32, zstd"
    short = fixtures.decoded(fixtures.TINY, 0)
    short_bytes = len(fixtures.recording(fixtures.TINY, 0)[1])
    short_size = len(compress.encode(recording_table.to_table(short, {}))) / short_bytes
    return [
        Measurement(
            "compress, size of counts", len(ours) / len(raw), UNIT, target=Target("<=", 0.22)
        ),
        Measurement("compress, size of counts, 12 minutes", short_size, UNIT),
        Measurement(f"compress, size of {float32}", len(theirs) / len(raw), UNIT),
        Measurement(
            "compress, writing", rate["ours"], "MB/s", rate["ours"] / rate["theirs"], float32
        ),
        Measurement(
            "compress, reading", rate["read"], "MB/s", rate["read"] / rate["read theirs"], float32
        ),
    ]


def _float_parquet(values: pa.Table) -> memoryview:
    sink = io.BytesIO()
    pq.write_table(values, sink, compression="zstd")
    return sink.getbuffer()
