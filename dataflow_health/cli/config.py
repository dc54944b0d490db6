"""``dataflow-health config``: show every setting, and where its value comes from."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from pydantic import SecretStr

from dataflow_health import masking, settings
from dataflow_health.cli.options import home_option, json_option, report_errors
from dataflow_health.plain_text import shown
from dataflow_health.settings import CHANNEL_PREFIX, PREFIX, SECRET_FIELDS, Settings

MASKED = frozenset({"source_url", "lake_url", "database_url", "schedule_url"})
"""Secret settings that are shown without the secret in them; of all others only shows whether they
are set, since their whole value is one."""


@click.group()
def command() -> None:
    """Show the settings."""


@command.command("show")
@home_option
@json_option
@report_errors
def show_command(*, home: Path | None, as_json: bool) -> None:
    """Show every setting as NAME=VALUE, secrets masked, with where it comes from behind it.

    Nothing stands behind what a variable of the environment sets.
    """
    chosen = settings.load() if home is None else settings.adopt(home)
    rows = [*_rows(chosen, settings.origins()), *_channels(settings.environment())]
    if as_json:
        names = ("setting", "value", "origin")
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return
    for name, value, origin in rows:
        click.echo(shown(f"{name}={value}" + ("" if origin == name else f"  # {origin}")))


def _rows(chosen: Settings, origins: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, origin in origins.items():
        yield PREFIX + name.upper(), _shown(name, getattr(chosen, name)), origin


def _shown(name: str, value: object) -> str:
    """The value as it is written in the environment, without what is secret in it."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if name in SECRET_FIELDS - MASKED:
        return masking.STARS if value else ""
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "" if value is None else masking.mask_url(str(value))


def _channels(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Channels of alerts; their URLs hold passwords in any place, so only the scheme shows."""
    for name in sorted(environment):
        if name.startswith(CHANNEL_PREFIX) and environment[name]:
            scheme = environment[name].partition("://")[0]
            yield name, f"{scheme}://{masking.STARS}", name
