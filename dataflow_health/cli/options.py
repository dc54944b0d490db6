"""What all commands share: settings read once, and errors told without a traceback."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from dataflow_health import logs, settings
from dataflow_health.errors import DataflowHealthError
from dataflow_health.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

EXIT_UNKNOWN = 2
"""Exit code when the question could not be answered."""


def load_settings(home: Path | None = None, *, quiet: bool = False) -> Settings:
    """The settings, with logging at their level; ``home`` wins over the environment.

    ``quiet`` is for commands that draw on the terminal: errors only, unless a level was asked for.
    """
    chosen = settings.load()
    if home is not None:
        chosen = settings.adopt(home)
    silent = quiet and "log_level" not in chosen.model_fields_set
    logs.configure("ERROR" if silent else chosen.log_level)
    return chosen


def report_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Tells an error raised on purpose in one line, and ends with exit code 2."""

    @functools.wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DataflowHealthError as error:
            click.echo(f"{error}", err=True)
            raise SystemExit(EXIT_UNKNOWN) from None

    return told
