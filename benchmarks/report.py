"""Runs the benchmarks and writes their tables into docs/performance.md, a section each."""

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

from benchmarks.measure import Row

MODULES = (
    "extract", "parse", "compress", "store", "ingest", "analyse", "load", "chain", "incremental",
    "landing", "status",
)  # fmt: skip
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
LIBRARIES = ("numpy", "pyarrow", "polars", "duckdb", "pyspark", "sqlalchemy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all benchmarks or those that are named, and writes the section of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="small inputs; the page stays as is")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(MODULES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(MODULES)}")
    failed = [name for name in asked.names or _present() if not _told(name, quick=asked.quick)]
    if failed:
        raise SystemExit(f"the sides do not give the same: {', '.join(failed)}")


def _present() -> list[str]:
    return [name for name in MODULES if importlib.util.find_spec(f"benchmarks.{name}")]


def _told(name: str, *, quick: bool) -> bool:
    """Runs one benchmark and writes its section; False when its sides differ."""
    module = importlib.import_module(f"benchmarks.{name}")
    begun = time.perf_counter()
    rows: list[Row] = []
    problem = ""
    try:
        rows = module.run(quick=quick)
    except AssertionError as error:
        problem = f"Not measured: {error}."
    section = to_markdown(name, rows) if rows else f"### {name.capitalize()}\n\n{problem}\n"
    print(f"{section}\n({time.perf_counter() - begun:.0f} s)\n", flush=True)
    if not quick:
        PAGE.write_text(rewritten(PAGE.read_text(), name, f"{section}\n{_machine()}"))
    return not problem


def to_markdown(name: str, rows: Sequence[Row]) -> str:
    """One benchmark's rows as a section."""
    lines = [
        f"### {name.capitalize()}",
        "",
        "| what | value | ratio | against | target | met |",
        "|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
        "",
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{_number(row.ratio)}x"
    target = f"{row.target.relation} {_number(row.target.number)}" if row.target else ""
    met = {None: "", True: "yes", False: "**no**"}[row.met]
    cells = (row.name, f"{_number(row.value)} {row.unit}", ratio, row.against, target, met)
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three digits that matter, no exponents."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rewritten(page: str, name: str, told: str) -> str:
    """The page with other words between a section's markers.

    Raises:
        ValueError: It has no such markers.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"docs/performance.md has lost its markers {begin} and {end}")
    head, rest = page.split(begin, 1)
    return f"{head}{begin}\n\n{told}\n\n{end}{rest.split(end, 1)[1]}"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    load = os.getloadavg()[2]
    return (
        f"Measured on {os.cpu_count()} cores ({platform.machine()}) with {memory:.0f} GiB; Python "
        f"{platform.python_version()}, {versions}. Load average over the last quarter of an hour: "
        f"{load:.1f}."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
