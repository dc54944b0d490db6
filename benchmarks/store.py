"""Store: TSV in engineering units, compared with the writers of Arrow and Python."""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial

import polars as pl
import pyarrow.csv
import zstandard

from benchmarks import fixtures
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.stages import tsv_format

Writer = Callable[[pl.DataFrame], bytes | memoryview]
ZSTD = ", zstd"


def run(*, quick: bool = False) -> list[Measurement]:
    """Writes one recording of two hours, or of 12 minutes if quick."""
    table, columns = tsv_format.to_data_frame(
        fixtures.decoded(fixtures.TINY if quick else fixtures.FEW, 0)
    )
    plain: dict[str, Writer] = {
        "ours": tsv_format.to_tsv,
        "pyarrow.csv": _with_arrow,
        "csv.writer": _with_python,
    }
    compressed: dict[str, Writer] = {
        "ours" + ZSTD: lambda table: tsv_format.encode(table, "zst"),
        "pyarrow.csv" + ZSTD: lambda table: _compress(_with_arrow(table)),
        "csv.writer" + ZSTD: lambda table: _compress(_with_python(table)),
    }
    for name, write in compressed.items():
        if not tsv_format.decode(bytes(write(table)), "zst", columns).equals(table):
            raise AssertionError(f"{name} differs after reading back")
    writers = plain | compressed
    seconds = compare({name: partial(write, table) for name, write in writers.items()})
    return list(_rows(seconds, len(tsv_format.to_tsv(table)) / 1e6))


def _rows(seconds: dict[str, float], size_mb: float) -> Iterator[Measurement]:
    for kind in ("", ZSTD):
        ours = seconds["ours" + kind]
        for name in ("pyarrow.csv", "csv.writer"):
            target = Target(">=", 2.0) if name + kind == "pyarrow.csv" else None
            ratio = seconds[name + kind] / ours
            yield Measurement(
                f"store, TSV{kind}", size_mb / ours, "MB/s of TSV", ratio, name, target
            )


def _with_arrow(table: pl.DataFrame) -> memoryview:
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    pyarrow.csv.write_csv(table.to_arrow(), sink, options)
    return sink.getbuffer()


def _with_python(table: pl.DataFrame) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, delimiter="\t", lineterminator="\n").writerows(table.iter_rows())
    return sink.getvalue().encode()


def _compress(content: bytes | memoryview) -> bytes:
    return zstandard.ZstdCompressor(level=tsv_format.COMPRESSION_LEVEL).compress(content)
