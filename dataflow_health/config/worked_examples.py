"""Worked examples of algorithms, run: documentation that is wrong is a fault like any other."""

import re
from collections.abc import Iterator

from dataflow_health.config import yaml_document
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import ConfigIssue
from dataflow_health.flight.algorithms.algorithm import run_examples

NUMBERED = re.compile(r"example (\d+)")
"""How a problem starts: the example's number, counted from one."""


def count(catalogue: Catalogue) -> int:
    """Number of worked examples in all algorithms."""
    return sum(len(algorithm.examples) for algorithm in catalogue.algorithms.values())


def faults(catalogue: Catalogue) -> Iterator[ConfigIssue]:
    """One fault for each worked example that does not come out as it says."""
    for name, algorithm in catalogue.algorithms.items():
        for problem in run_examples(name, algorithm):
            yield _fault(catalogue, name, problem)


def _fault(catalogue: Catalogue, name: str, problem: str) -> ConfigIssue:
    path = catalogue.files[f"algorithms/{name}"]
    document = yaml_document.read(f"algorithms/{path.name}", path.read_bytes())
    numbered = NUMBERED.match(problem)
    path_in_file = ("examples", int(numbered[1]) - 1) if numbered else ("examples",)
    return document.fault(path_in_file, problem)
