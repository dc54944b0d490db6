"""Store: TSV in engineering units, against Arrow's writer and Python's own."""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial

import polars as pl
import pyarrow.csv
import zstandard

from benchmarks import fixtures
from benchmarks.measure import Row, Target, compare
from dataflow_health.stages import tsv_format

Writer = Callable[[pl.DataFrame], bytes | memoryview]
ZSTD = ", zstd"


def run(*, quick: bool = False) -> list[Row]:
    """One recording, of two hours unless it has to be quick."""
    table, columns = tsv_format.to_data_frame(
        fixtures.decoded(fixtures.TINY if quick else fixtures.FEW, 0)
    )
    plain: dict[str, Writer] = {
        "ours": tsv_format.to_tsv,
        "pyarrow.csv": _by_arrow,
        "csv.writer": _by_python,
    }
    packed: dict[str, Writer] = {
        "ours" + ZSTD: lambda given: tsv_format.encode(given, "zst"),
        "pyarrow.csv" + ZSTD: lambda given: _packed(_by_arrow(given)),
        "csv.writer" + ZSTD: lambda given: _packed(_by_python(given)),
    }
    for name, write in packed.items():
        if not tsv_format.decode(bytes(write(table)), "zst", columns).equals(table):
            raise AssertionError(f"{name} does not read back as it was")
    both = plain | packed
    seconds = compare({name: partial(write, table) for name, write in both.items()})
    return list(_rows(seconds, len(tsv_format.to_tsv(table)) / 1e6))


def _rows(seconds: dict[str, float], size_mb: float) -> Iterator[Row]:
    for kind in ("", ZSTD):
        ours = seconds["ours" + kind]
        for name in ("pyarrow.csv", "csv.writer"):
            target = Target(">=", 2.0) if name + kind == "pyarrow.csv" else None
            ratio = seconds[name + kind] / ours
            yield Row(f"store, TSV{kind}", size_mb / ours, "MB/s of TSV", ratio, name, target)


def _by_arrow(table: pl.DataFrame) -> memoryview:
    sink = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    pyarrow.csv.write_csv(table.to_arrow(), sink, options)
    return sink.getbuffer()


def _by_python(table: pl.DataFrame) -> bytes:
    sink = io.StringIO()
    csv.writer(sink, delimiter="\t", lineterminator="\n").writerows(table.iter_rows())
    return sink.getvalue().encode()


def _packed(content: bytes | memoryview) -> bytes:
    return zstandard.ZstdCompressor(level=tsv_format.COMPRESSION_LEVEL).compress(content)
