"""The pipeline as a straightforward script: file by file, word by word, row by row.

It has the same findings: unpack, decode, write TSV, read that file with Spark, evaluate the twelve
plain exceedances, and insert the events.
"""

import csv
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from benchmarks.benchmark_algorithms import ROUNDING_S, EventRow, PlainExceedance
from benchmarks.parse import decode_word_by_word
from dataflow_health.flight.layout import Layout, Linear, Parameter, Polynomial

Table = tuple[list[str], list[list[float | str]]]
"""Column names and rows; empty text where a parameter has no sample."""


def run(
    archive: Path,
    layout: Layout,
    exceedances: Sequence[PlainExceedance],
    session: SparkSession,
    folder: Path,
) -> list[EventRow]:
    """Processes one archive from zip to SQL.

    Args:
        archive: Archive with one recording that starts with subframe 1 and has no gaps.
        layout: Layout of the recording.
        exceedances: Algorithms.
        session: Spark session.
        folder: Folder for the TSV file and the database.
    """
    with zipfile.ZipFile(archive) as zip_file:
        raw = zip_file.read(zip_file.namelist()[0])
    names, rows = _table(decode_word_by_word(raw, layout), layout)
    path = folder / f"{archive.stem}.tsv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t")
        writer.writerow(names)
        writer.writerows(rows)
    found = list(_findings(session, path, exceedances))
    _insert(folder / "findings.sqlite", found)
    return found


def _table(counts: Mapping[str, list[int]], layout: Layout) -> Table:
    seconds = max(len(counts[n]) // len(layout.parameters[n].samples) for n in counts)
    names = ["second"]
    columns: list[list[float | str]] = [list(range(seconds))]
    for name, samples in counts.items():
        parameter = layout.parameters[name]
        values = [_value(count, parameter) for count in samples]
        size = len(parameter.samples)
        for sample in range(size):
            names.append(name if size == 1 else f"{name}__{sample}")
            columns.append(_spread(values[sample::size], parameter, seconds))
    return names, [list(row) for row in zip(*columns, strict=True)]


def _value(count: int, parameter: Parameter) -> float:
    conversion = parameter.conversion
    if isinstance(conversion, Linear):
        return count * conversion.scale + conversion.offset
    if isinstance(conversion, Polynomial):
        return float(sum(c * count**power for power, c in enumerate(conversion.coefficients)))
    points = np.array(conversion.points)
    return float(np.interp(count, points[:, 0], points[:, 1]))


def _spread(values: list[float], parameter: Parameter, seconds: int) -> list[float | str]:
    """Values of a parameter in the seconds of its subframes, else empty text."""
    subframes = parameter.samples[0][0].subframes
    remaining = iter(values)
    return [next(remaining, "") if second % 4 + 1 in subframes else "" for second in range(seconds)]


def _findings(
    session: SparkSession, path: Path, exceedances: Sequence[PlainExceedance]
) -> Iterator[EventRow]:
    table = session.read.csv(str(path), sep="\t", header=True, inferSchema=True)
    columns = [
        f.array(*(f.expr(text) for text in texts)).alias(f"{exceedance.name}_{kind}")
        for exceedance in exceedances
        for kind, texts in (("on", exceedance.masks), ("values", exceedance.values))
    ]
    rows = table.select("second", *columns).orderBy("second").collect()
    for exceedance in exceedances:
        yield from _events(path.stem, exceedance, rows)


def _events(recording: str, exceedance: PlainExceedance, rows: Sequence[Any]) -> Iterator[EventRow]:
    start_s: float | None = None
    end_s, peak = 0.0, 0.0
    extreme = max if exceedance.take == "max" else min
    for row in rows:
        pairs = zip(row[f"{exceedance.name}_on"], row[f"{exceedance.name}_values"], strict=True)
        for position, (on, value) in enumerate(pairs):
            if on:
                at_s = row["second"] + position / exceedance.rate
                start_s, peak = (
                    (at_s, value) if start_s is None else (start_s, extreme(peak, value))
                )
                end_s = at_s
            elif start_s is not None:
                if end_s - start_s >= exceedance.lasting_s - ROUNDING_S:
                    yield recording, exceedance.name, start_s, end_s, peak
                start_s = None


def _insert(database: Path, events: Sequence[EventRow]) -> None:
    connection = sqlite3.connect(database)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS finding (recording, algorithm, start_s, end_s, peak)"
    )
    for event in events:
        connection.execute("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", event)
        connection.commit()
    connection.close()
