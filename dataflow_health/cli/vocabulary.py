"""``dataflow-health vocabulary``: search the quantities that algorithms use."""

import json
import textwrap
from pathlib import Path

import click

from dataflow_health.cli.backend import backend_options, open_client
from dataflow_health.cli.options import (
    EXIT_UNKNOWN,
    json_option,
    limit_option,
    load_settings,
    report_errors,
)
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.operations import vocabulary
from dataflow_health.schemas import VocabularyQuantity

_WIDTH = 100
_INDENT = "    "


@click.group()
def command() -> None:
    """Search the quantities that algorithms use."""


@command.command("search")
@click.argument("text", nargs=-1, required=True)
@limit_option
@backend_options
@json_option
@report_errors
def search_command(
    text: tuple[str, ...], *, limit: int, home: Path | None, url: str | None, as_json: bool
) -> None:
    """Find quantities by TEXT: words of their meaning, or a recorder's name for them.

    Prints unit, meaning, other names and the algorithms that use each, the best match first. Exit
    code 2 if nothing matches.
    """
    query = " ".join(text)
    if url is None:
        folders = load_settings(home, quiet=True).config_folders
        hits = vocabulary.quantities(load(BUILTIN_FOLDER, *folders), query, limit)
    else:
        hits = open_client(home, url).vocabulary(query, limit)
    if as_json:
        click.echo(json.dumps([hit.model_dump(mode="json") for hit in hits], indent=2))
    elif hits:
        click.echo("\n".join(map(_to_text, hits)))
    else:
        click.echo(f"no quantity matches {query}; docs/vocabulary.md lists all", err=True)
    if not hits:
        raise SystemExit(EXIT_UNKNOWN)


def _to_text(hit: VocabularyQuantity) -> str:
    unit = f" [{hit.unit}]" if hit.unit else ""
    details = {"also": hit.synonyms, "algorithms": hit.algorithms}
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
    return "\n".join([f"{hit.name}{unit}  {hit.describes}", *lines])
