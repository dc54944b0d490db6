"""Runs the worked examples of algorithms; an unexpected result is a configuration issue."""

import re
from collections.abc import Iterator

from dataflow_health.config import yaml_document
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import ConfigIssue
from dataflow_health.flight.algorithms.algorithm import run_examples

EXAMPLE_NUMBER = re.compile(r"example (\d+)")
"""Start of a problem's text: the number of the example, starting at 1."""


def count(catalogue: Catalogue) -> int:
    """Number of worked examples in all algorithms."""
    both = (catalogue.algorithms, catalogue.live_algorithms)
    return sum(len(algorithm.examples) for some in both for algorithm in some.values())


def run(catalogue: Catalogue) -> Iterator[ConfigIssue]:
    """Runs every worked example.

    Yields:
        One issue for each example whose result differs from its ``expect``.
    """
    for folder in ("algorithms", "live_algorithms"):
        for name, algorithm in getattr(catalogue, folder).items():
            for problem in run_examples(name, algorithm):
                yield _issue(catalogue, folder, name, problem)


def _issue(catalogue: Catalogue, folder: str, name: str, problem: str) -> ConfigIssue:
    path = catalogue.files[f"{folder}/{name}"]
    document = yaml_document.read(f"{folder}/{path.name}", path.read_bytes())
    number = EXAMPLE_NUMBER.match(problem)
    key_path = ("examples", int(number[1]) - 1) if number else ("examples",)
    return document.issue(key_path, problem)
