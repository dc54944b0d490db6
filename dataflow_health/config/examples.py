"""Worked examples of algorithms, run: documentation that is wrong is a fault like any other."""

import re
from collections.abc import Iterator

from dataflow_health.config import lines
from dataflow_health.config.load import Catalogue
from dataflow_health.errors import Fault
from dataflow_health.flight.algorithm import run_examples

NUMBERED = re.compile(r"example (\d+)\b[^:]*: (.*)", re.DOTALL)
"""How a problem names its example, counted from one."""


def count(catalogue: Catalogue) -> int:
    """Number of worked examples in all algorithms."""
    return sum(len(algorithm.examples) for algorithm in catalogue.algorithms.values())


def faults(catalogue: Catalogue) -> Iterator[Fault]:
    """One fault for each worked example that does not come out as it says."""
    for name, algorithm in catalogue.algorithms.items():
        for problem in run_examples(name, algorithm):
            yield _fault(catalogue, name, problem)


def _fault(catalogue: Catalogue, name: str, problem: str) -> Fault:
    path = catalogue.files[f"algorithms/{name}"]
    document = lines.read(f"algorithms/{path.name}", path.read_bytes())
    numbered = NUMBERED.fullmatch(problem)
    if numbered is None:
        return document.fault(("examples",), problem)
    return document.fault(("examples", int(numbered[1]) - 1), numbered[2])
