"""Runs benchmarks and writes the section of each in docs/performance.md."""

import argparse
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from benchmarks.measure import Measurement

MODULES = (
    "extract", "parse", "sandbox", "compress", "store", "ingest", "analyse", "load", "chain",
    "costs", "incremental", "landing", "source", "status", "history", "backfill", "long_history",
    "finding_queries", "partitions", "memory", "executors", "dagster_storage",
)  # fmt: skip
DOCS = Path(__file__).parents[1] / "docs"
PAGES = dict.fromkeys(
    (
        "backfill", "long_history", "finding_queries", "partitions", "memory", "executors",
        "dagster_storage",
    ),
    "scale.md",
)  # fmt: skip
"""Pages of the benchmarks that are not on ``performance.md``."""
KEEPING = ("finding_queries", "long_history")
"""Benchmarks that can keep what they measure."""
LIBRARIES = ("numpy", "pyarrow", "polars", "duckdb", "pyspark", "sqlalchemy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all benchmarks, or the named ones, and writes the section of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(MODULES)}")
    parser.add_argument(
        "--quick", action="store_true", help="use small inputs and do not change the page"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help=f"folder outside the repository in which {' and '.join(KEEPING)} keep their filled "
        "databases (about 14 and 20 GB), to be measured again without filling them",
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(MODULES))
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(MODULES)}")
    given = {name: {"keep": options.keep} for name in KEEPING if options.keep}
    failed = [
        name
        for name in options.names or _available()
        if not _run(name, quick=options.quick, **given.get(name, {}))
    ]
    if failed:
        raise SystemExit(f"the alternatives give different results: {', '.join(failed)}")


def _available() -> list[str]:
    return [name for name in MODULES if importlib.util.find_spec(f"benchmarks.{name}")]


def _run(name: str, *, quick: bool, **given: Path) -> bool:
    """Runs one benchmark and writes its section; returns whether its alternatives agree."""
    module = importlib.import_module(f"benchmarks.{name}")
    start_s = time.perf_counter()
    rows: list[Measurement] = []
    problem = ""
    try:
        rows = module.run(quick=quick, **given)
    except (AssertionError, TimeoutError) as error:
        problem = f"Not measured: {error}."
    section = to_markdown(name, rows) if rows else f"### {name.capitalize()}\n\n{problem}\n"
    print(f"{section}\n({time.perf_counter() - start_s:.0f} s)\n", flush=True)
    if not quick:
        page = DOCS / PAGES.get(name, "performance.md")
        page.write_text(replace_section(page.read_text(), name, f"{section}\n{_machine()}"))
    return not problem


def to_markdown(name: str, rows: Sequence[Measurement]) -> str:
    """Formats the measurements of one benchmark as a section."""
    lines = [
        f"### {name.capitalize()}",
        "",
        "| measurement | value | ratio | against | target | met |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
        "",
    ]
    return "\n".join(lines)


def _line(row: Measurement) -> str:
    ratio = "" if row.ratio is None else f"{_number(row.ratio)}x"
    target = f"{row.target.relation} {_number(row.target.number)}" if row.target else ""
    met = {None: "", True: "yes", False: "**no**"}[row.is_met]
    cells = (row.name, f"{_number(row.value)} {row.unit}", ratio, row.against, target, met)
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Formats a number with three significant digits and without exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def replace_section(page: str, name: str, text: str) -> str:
    """Replaces the text between the markers ``<!-- name -->`` and ``<!-- end of name -->``.

    Raises:
        ValueError: The page lacks these markers.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"the page lacks the markers {begin} and {end}")
    head, rest = page.split(begin, 1)
    return f"{head}{begin}\n\n{text}\n\n{end}{rest.split(end, 1)[1]}"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[2]
    return (
        f"Measured on {os.cpu_count()} cores ({platform.machine()}) with {memory:.0f} GiB; Python "
        f"{platform.python_version()}, {versions}. Load average over 15 minutes: {load:.1f}."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
