"""pytest plugin of ``just mutation``: quick modules first, so that a mutant is soon killed."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

DURATIONS = Path("mutmut-stats.json")
"""Written by mutmut into the folder where it runs the tests, after their first run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests by the time that mutmut measured for their module."""
    if not DURATIONS.exists():
        return
    module_s: dict[str, float] = defaultdict(float)
    for test, duration_s in json.loads(DURATIONS.read_text())["duration_by_test"].items():
        module_s[test.partition("::")[0]] += duration_s
    items.sort(key=lambda item: module_s[item.nodeid.partition("::")[0]])
