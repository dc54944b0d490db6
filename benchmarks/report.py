"""Runs the benchmarks and writes their tables into docs/performance.md."""

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
    "status",
)  # fmt: skip
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- written by python -m benchmarks -->", "<!-- end -->"
LIBRARIES = ("numpy", "pyarrow", "polars", "duckdb", "pyspark", "sqlalchemy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs all benchmarks or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="small inputs; the page stays as is")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(MODULES))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(MODULES)}")
    tables = [_table(name, quick=asked.quick) for name in asked.names or _present()]
    if not asked.names and not asked.quick:
        PAGE.write_text(rewritten(PAGE.read_text(), "\n".join([_machine(), "", *tables])))
        print(f"written: {PAGE.relative_to(Path.cwd())}")


def _present() -> list[str]:
    return [name for name in MODULES if importlib.util.find_spec(f"benchmarks.{name}")]


def _table(name: str, *, quick: bool) -> str:
    module = importlib.import_module(f"benchmarks.{name}")
    begun = time.perf_counter()
    rows: list[Row] = module.run(quick=quick)
    table = to_markdown(name, rows)
    print(f"{table}\n({time.perf_counter() - begun:.0f} s)\n", flush=True)
    return table


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


def rewritten(page: str, told: str) -> str:
    """The page with other words between its markers.

    Raises:
        ValueError: It has no markers.
    """
    if BEGIN not in page or END not in page:
        raise ValueError(f"docs/performance.md has lost its markers {BEGIN} and {END}")
    head, rest = page.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    return f"{head}{BEGIN}\n\n{told}\n{END}{tail}"


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
