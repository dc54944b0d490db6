"""``dataflow-health new``: write a YAML file to begin with, which is valid as it is."""

import json
import re
from importlib.resources import files
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.options import (
    as_typed,
    check_new,
    into_option,
    json_option,
    report_errors,
    write_new,
)
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.errors import ConfigError

FILES = {
    "algorithm": ("algorithms/NAME.yaml",),
    "process": ("processes/NAME.yaml",),
    "recorder": ("recorders/NAME.yaml",),
    "mapping": ("mappings/NAME.yaml",),
    "alert": ("alerts/NAME.yaml",),
    "view": ("views/NAME.yaml",),
    "probe": ("processes/NAME.yaml", "NAME_probe.py"),
}
"""Files by kind, in the operator's folder; each has the template of its kind and suffix."""
TEMPLATES = {".yaml": ".yaml", ".py": ".py.txt"}
"""Suffix of the template by that of the file: no template is a module of this package."""
NAME = re.compile(r"[a-z][a-z0-9_]*")


@click.command()
@click.argument("kind", type=click.Choice(list(FILES)))
@click.argument("name")
@into_option("to. Default: DATAFLOW_HEALTH_CONFIG.")
@json_option
@report_errors
def command(kind: str, name: str, *, into: Path | None, as_json: bool) -> None:
    """Write KIND NAME.yaml with a worked example: a file that is valid, to be changed.

    A mapping is of the recorder NAME. A probe is a process with a check of your own in Python, and
    its function. Exit code 1 when the configuration is invalid then; the files stay.
    """
    folder = into or settings.load().config
    if folder is None:
        raise click.UsageError("no configuration folder: set DATAFLOW_HEALTH_CONFIG or give --into")
    if not NAME.fullmatch(name):
        raise click.UsageError(f"{name!r} is no name: small letters, digits and _, as oil_low")
    paths = [folder / each.replace("NAME", name) for each in FILES[kind]]
    for path in paths:
        check_new(path)
    for path in paths:
        template = files(__package__) / "templates" / f"{kind}{TEMPLATES[path.suffix]}"
        write_new(path, template.read_text("utf-8").replace("NAME", name))
        click.echo(f"{path} written", err=as_json)
    if as_json:
        click.echo(json.dumps({"files": [str(path) for path in paths]}))
    _check(folder, quiet=as_json)


def _check(folder: Path, *, quiet: bool) -> None:
    """Says what to do next, or what is wrong by now in any file."""
    own = [each for each in settings.load().config_folders if each.resolve() != folder.resolve()]
    try:
        load(BUILTIN_FOLDER, *own, folder)
    except ConfigError as error:
        click.echo(str(error), err=True)
        raise SystemExit(1) from None
    next_step = as_typed(f"Change it, then run: dataflow-health validate {folder}")
    click.echo(next_step, err=quiet)
