"""``dataflow-health vocabulary``: search the quantities that algorithms use."""

import json
import textwrap
from collections.abc import Mapping, Sequence

import click

from dataflow_health import settings
from dataflow_health.cli.options import EXIT_UNKNOWN, json_option, limit_option, report_errors
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.flight.algorithms.algorithm import algorithms_using
from dataflow_health.flight.vocabulary_search import SearchHit, search

_WIDTH = 100
_INDENT = "    "


@click.group()
def command() -> None:
    """Search the quantities that algorithms use."""


@command.command("search")
@click.argument("text", nargs=-1, required=True)
@limit_option
@json_option
@report_errors
def search_command(text: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """Find quantities by TEXT: words of their meaning, or a recorder's name for them.

    Prints unit, meaning, other names and the algorithms that use each, the best match first. Exit
    code 2 if nothing matches.
    """
    catalogue = load(BUILTIN_FOLDER, *settings.load().config_folders)
    query = " ".join(text)
    hits = search(catalogue.terms, query, limit=limit)
    users = {hit.name: algorithms_using(catalogue.algorithms, hit.name) for hit in hits}
    if as_json:
        click.echo(json.dumps([_to_json(hit, users) for hit in hits], indent=2))
    elif hits:
        click.echo("\n".join(_to_text(hit, users[hit.name]) for hit in hits))
    else:
        click.echo(f"no quantity matches {query}; docs/vocabulary.md lists all", err=True)
    if not hits:
        raise SystemExit(EXIT_UNKNOWN)


def _to_json(hit: SearchHit, users: Mapping[str, Sequence[str]]) -> dict[str, object]:
    term = hit.term.model_dump(mode="json", exclude={"numbers"})
    return {"name": hit.name, **term, "algorithms": users[hit.name]}


def _to_text(hit: SearchHit, algorithms: Sequence[str]) -> str:
    unit = f" [{hit.term.unit}]" if hit.term.unit else ""
    details = {"also": hit.term.synonyms, "algorithms": algorithms}
    lines = [
        textwrap.fill(
            f"{label}: {', '.join(names)}",
            _WIDTH,
            initial_indent=_INDENT,
            subsequent_indent=2 * _INDENT,
        )
        for label, names in details.items()
        if names
    ]
    return "\n".join([f"{hit.name}{unit}  {hit.term.describes}", *lines])
