from collections.abc import Callable
from pathlib import Path

import pytest

from dataflow_health.monitoring.probes.result import ProbeResult
from dataflow_health_tests.monitoring.probes.probing import make_plugin, probe

ProbeFunction = Callable[[str], ProbeResult]


@pytest.fixture
def probe_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProbeFunction:
    """Runs the probe with an operator's function, given as Python text."""
    return lambda body: probe(make_plugin(tmp_path, monkeypatch, body))


def test_an_operators_function_gets_its_arguments_and_the_context(
    probe_function: ProbeFunction,
) -> None:
    body = (
        "def check(arguments, context):\n"
        "    return ProbeResult('passed', f'{arguments} {context.now}')\n"
    )
    result = probe_function(body)
    assert (result.outcome, result.detail) == ("passed", "{'limit': 3} 2026-11-20 12:00:00+00:00")


def test_an_exception_is_shown_as_one_line_without_secrets(probe_function: ProbeFunction) -> None:
    body = "def check(arguments, context): raise RuntimeError('at ftp://me:pa55word@host\\nmore')\n"
    result = probe_function(body)
    assert (result.outcome, result.detail) == ("errored", "RuntimeError: at ftp://me:***@host")


def test_a_function_that_returns_something_else_is_an_error(probe_function: ProbeFunction) -> None:
    body = "def check(arguments, context): return True\n"
    result = probe_function(body)
    assert result.outcome == "errored"
    assert result.detail.endswith("returned bool, it must return ProbeResult")


def test_a_function_that_is_missing_is_an_error() -> None:
    result = probe({"kind": "python", "entry_point": "no_such_module:check"})
    assert (result.outcome, result.detail) == (
        "errored", "ModuleNotFoundError: No module named 'no_such_module'",
    )  # fmt: skip
