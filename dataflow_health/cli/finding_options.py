"""Options that select findings."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict

import click

from dataflow_health.cli.datetime_option import DATETIME

_OPTIONS = (
    click.option("--algorithm", default="", help="Only of this algorithm."),
    click.option(
        "--severity", type=click.Choice(["info", "warning", "alert"]), help="Only of this severity."
    ),
    click.option(
        "--state",
        type=click.Choice(["new", "confirmed", "dismissed"]),
        help="Only in this state: what a person judged of it.",
    ),
    click.option("--from", "from_at", type=DATETIME, help="Only from this time on."),
    click.option("--to", "to_at", type=DATETIME, help="Only before this time."),
    click.option("--undated", is_flag=True, help="Only of recordings whose start is unknown."),
)


class FindingOptions(TypedDict):
    """Values of the options."""

    algorithm: str
    severity: str | None
    state: str | None
    from_at: datetime | None
    to_at: datetime | None
    undated: bool


class FindingChoice(TypedDict):
    """Fields of a filter; an empty one selects all."""

    algorithm: str
    severity: str
    state: str
    from_at: datetime | None
    to_at: datetime | None
    undated: bool


def finding_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def given(options: FindingOptions) -> FindingChoice:
    """Values of a filter; a choice that is not made is empty."""
    return FindingChoice(
        algorithm=options["algorithm"],
        severity=options["severity"] or "",
        state=options["state"] or "",
        from_at=options["from_at"],
        to_at=options["to_at"],
        undated=options["undated"],
    )
