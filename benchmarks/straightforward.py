"""The pipeline as a straightforward script: file by file, word by word, row by row.

It does the same plain work, and finds the same: unpack, decode, write TSV, let Spark read that one
file and answer the twelve plain exceedances, insert what was found.
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

from benchmarks.benchmark_algorithms import JUST_UNDER_S, Found, Plain
from benchmarks.parse import loop
from dataflow_health.flight.layout import Layout, Linear, Parameter, Polynomial

Table = tuple[list[str], list[list[float | str]]]
"""Column names and rows; an empty text where nothing was sampled."""


def run(
    archive: Path, layout: Layout, wanted: Sequence[Plain], session: SparkSession, folder: Path
) -> list[Found]:
    """One archive from zip to SQL.

    Args:
        archive: With one recording, which begins with subframe 1 and has no gaps.
        layout: Its layout.
        wanted: What is looked for.
        session: Spark, already started.
        folder: Where TSV and database go.
    """
    with zipfile.ZipFile(archive) as opened:
        raw = opened.read(opened.namelist()[0])
    names, rows = _table(loop(raw, layout), layout)
    path = folder / f"{archive.stem}.tsv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t")
        writer.writerow(names)
        writer.writerows(rows)
    found = list(_findings(session, path, wanted))
    _insert(folder / "findings.sqlite", found)
    return found


def _table(counts: Mapping[str, list[int]], layout: Layout) -> Table:
    seconds = max(len(counts[n]) // len(layout.parameters[n].samples) for n in counts)
    names = ["second"]
    columns: list[list[float | str]] = [list(range(seconds))]
    for name, told in counts.items():
        parameter = layout.parameters[name]
        values = [_value(count, parameter) for count in told]
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
    """A parameter of some subframes only stands in their seconds."""
    subframes = parameter.samples[0][0].subframes
    left = iter(values)
    return [next(left, "") if second % 4 + 1 in subframes else "" for second in range(seconds)]


def _findings(session: SparkSession, path: Path, wanted: Sequence[Plain]) -> Iterator[Found]:
    table = session.read.csv(str(path), sep="\t", header=True, inferSchema=True)
    told = [
        f.array(*(f.expr(text) for text in texts)).alias(f"{each.name}_{kind}")
        for each in wanted
        for kind, texts in (("on", each.masks), ("worth", each.values))
    ]
    rows = table.select("second", *told).orderBy("second").collect()
    for each in wanted:
        yield from _islands(path.stem, each, rows)


def _islands(recording: str, each: Plain, rows: Sequence[Any]) -> Iterator[Found]:
    begun: float | None = None
    last, peak = 0.0, 0.0
    best = max if each.take == "max" else min
    for row in rows:
        pairs = zip(row[f"{each.name}_on"], row[f"{each.name}_worth"], strict=True)
        for place, (on, worth) in enumerate(pairs):
            if on:
                at = row["second"] + place / each.rate
                begun, peak = (at, worth) if begun is None else (begun, best(peak, worth))
                last = at
            elif begun is not None:
                if last - begun >= each.lasting_s - JUST_UNDER_S:
                    yield recording, each.name, begun, last, peak
                begun = None


def _insert(database: Path, found: Sequence[Found]) -> None:
    connection = sqlite3.connect(database)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS finding (recording, algorithm, start_s, end_s, peak)"
    )
    for row in found:
        connection.execute("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", row)
        connection.commit()
    connection.close()
