"""``dataflow-health validate``: check every YAML file and run the worked examples."""

import dataclasses
import json
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.cli.options import json_option
from dataflow_health.config import BUILTIN_FOLDER, worked_examples
from dataflow_health.config.catalogue import Catalogue, load
from dataflow_health.errors import ConfigError, ConfigIssue


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]...")
@json_option
@click.pass_context
def command(ctx: click.Context, folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Check every YAML file and run the worked examples of the algorithms.

    Reads the built-in files, then the folder in DATAFLOW_HEALTH_CONFIG, then each FOLDER; a later
    file replaces an earlier one of the same name. Exit code 1 if there are errors.
    """
    catalogue, issues = _check(folders)
    click.echo(_json(catalogue, issues) if as_json else _text(catalogue, issues))
    ctx.exit(1 if issues else 0)


def _check(folders: tuple[Path, ...]) -> tuple[Catalogue | None, tuple[ConfigIssue, ...]]:
    given = {each.resolve() for each in folders}
    try:
        own = [each for each in settings.load().config_folders if each.resolve() not in given]
        catalogue = load(BUILTIN_FOLDER, *own, *folders)
    except ConfigError as error:
        return None, error.issues
    return catalogue, tuple(worked_examples.run(catalogue))


def _text(catalogue: Catalogue | None, issues: tuple[ConfigIssue, ...]) -> str:
    if issues or catalogue is None:
        plural = "error" if len(issues) == 1 else "errors"
        return "\n".join([*map(str, issues), f"{len(issues)} {plural}"])
    replaced = [f"{key}.yaml replaces an earlier file" for key in catalogue.overridden]
    count = worked_examples.count(catalogue)
    result = f"{len(catalogue.files)} files are valid; {count} worked examples pass"
    return "\n".join([*replaced, result])


def _json(catalogue: Catalogue | None, issues: tuple[ConfigIssue, ...]) -> str:
    document: dict[str, object] = {"issues": [dataclasses.asdict(issue) for issue in issues]}
    if catalogue is not None:
        document["files"] = len(catalogue.files)
        document["examples"] = worked_examples.count(catalogue)
        document["overridden"] = catalogue.overridden
    return json.dumps(document, indent=2)
