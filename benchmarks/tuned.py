"""The chain as a hand-tuned script without Spark: our decoder, and polars for everything else.

It writes the same files (counts, TSV, table) and the same findings to SQL, but has no ledger and no
checks, does not verify its outputs, and does not sync files to disk.
"""

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from benchmarks import benchmark_algorithms
from benchmarks.benchmark_algorithms import EventRow, PlainExceedance
from benchmarks.extract import LIMITS
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.stages import compress, safe_zip, tsv_format
from dataflow_health.stages.table_column import column_of
from dataflow_health.storage.files import recording_table
from dataflow_health.storage.files.lake import sha256

RECORDER = Arinc717Recorder(kind="arinc717", members=(".",), word_packings=("packed",))


def run(
    zips: Sequence[Path], layout: Layout, exceedances: Sequence[PlainExceedance], folder: Path
) -> list[EventRow]:
    """Processes all archives from zip to SQL.

    Args:
        zips: Archives with one recording each.
        layout: Layout of the recordings.
        exceedances: Algorithms.
        folder: Empty folder for all outputs.
    """
    by_tail: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    with ThreadPoolExecutor(2) as pool:
        for name, raw in pool.map(_unzip, zips):
            by_tail[name.partition("_")[0]].append((sha256(raw), raw))
        tails = by_tail.values()
        files = list(
            pool.map(lambda recordings: _write_aircraft(recordings, layout, folder), tails)
        )
    found = benchmark_algorithms.find_with_polars(files, exceedances)
    _insert(folder / "findings.sqlite", found)
    return found


def _unzip(path: Path) -> tuple[str, bytes]:
    with path.open("rb") as file, tempfile.TemporaryDirectory() as folder:
        members = safe_zip.members(file, LIMITS, Path(folder))
        member = next(members)  # its file is there as long as the iterator is
        return member.path, member.file.read_bytes() if member.file else b""


def _write_aircraft(recordings: Sequence[tuple[str, bytes]], layout: Layout, folder: Path) -> str:
    """Writes counts and TSV of each recording, and one table of all; returns its path."""
    frames = []
    for digest, raw in recordings:
        decoded = decode(raw, RECORDER, layout)
        content = compress.encode(recording_table.to_table(decoded, {}))
        (folder / f"{digest}.parquet").write_bytes(content)
        frame, _ = tsv_format.to_data_frame(decoded)
        (folder / f"{digest}.tsv.zst").write_bytes(tsv_format.encode(frame, "zst"))
        frames.append(frame.with_columns(recording=pl.lit(digest)))
    path = folder / f"aircraft-{recordings[0][0]}.parquet"
    combined = pl.concat(frames)
    combined.rename({name: column_of(name) for name in combined.columns}).write_parquet(
        path, compression="snappy"
    )
    return str(path)


def _insert(database: Path, events: Sequence[EventRow]) -> None:
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE finding (recording, algorithm, start_s, end_s, peak)")
    connection.executemany("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", events)
    connection.commit()
    connection.close()
