"""``dataflow-health version``: versions of this program and of what it runs on."""

import json
import platform
from importlib import metadata

import click

from dataflow_health.cli.options import json_option

PACKAGES = ("dataflow-health", "dagster", "pyspark", "sqlalchemy", "pyarrow", "fastapi")
"""Packages whose versions a report of a fault should name; not all of them are needed."""


@click.command()
@json_option
def command(*, as_json: bool) -> None:
    """Print the versions of this program, Python, the system and the main packages."""
    found = versions()
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(f"{name} {version}" for name, version in found.items()))


def versions() -> dict[str, str]:
    """Version by name, this program first; packages that are not installed are left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return {**found, "python": platform.python_version(), "system": system}
