"""The option ``--tail``, which also takes the pseudonym that a message or an export shows."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from dataflow_health import pseudonyms
from dataflow_health.cli.backend import open_ledger
from dataflow_health.cli.options import load_settings
from dataflow_health.storage.queries import known_tails

P = ParamSpec("P")
R = TypeVar("R")


def tail_option(describes: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option; its value is a tail or None."""
    return click.option("--tail", callback=_resolve, help=describes)


def _resolve(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    """The tail of a pseudonym; any other text unchanged."""
    if given is None or not pseudonyms.PATTERN.fullmatch(given):
        return given
    chosen = load_settings(quiet=True)
    if chosen.pseudonyms is None:
        return given
    for tail in known_tails.read(open_ledger()[1].engine):
        if chosen.pseudonyms.of(tail) == given:
            return tail
    raise click.BadParameter(f"no aircraft has the pseudonym {given} by the present key")
