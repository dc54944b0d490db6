"""``dataflow-health validate``: is every YAML file right, and does every worked example hold?"""

import dataclasses
import json
from pathlib import Path

import click

from dataflow_health import settings
from dataflow_health.config import BUILTIN_FOLDER, worked_examples
from dataflow_health.config.catalogue import Catalogue, load
from dataflow_health.errors import ConfigError, ConfigIssue


@click.command()
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]...")
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
@click.pass_context
def command(ctx: click.Context, folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Check every YAML file and run its worked examples.

    Reads what is built in, then the folder in DATAFLOW_HEALTH_CONFIG, then each FOLDER; a later
    file replaces an earlier one of the same name. Exit code 1 if anything is wrong.
    """
    catalogue, issues = _checked(folders)
    click.echo(_json(catalogue, issues) if as_json else _text(catalogue, issues))
    ctx.exit(1 if issues else 0)


def _checked(folders: tuple[Path, ...]) -> tuple[Catalogue | None, tuple[ConfigIssue, ...]]:
    try:
        catalogue = load(BUILTIN_FOLDER, *settings.load().config_folders, *folders)
    except ConfigError as error:
        return None, error.issues
    return catalogue, tuple(worked_examples.run(catalogue))


def _text(catalogue: Catalogue | None, issues: tuple[ConfigIssue, ...]) -> str:
    lines = [str(issue) for issue in issues]
    if issues or catalogue is None:
        return "\n".join([*lines, f"{len(issues)} wrong"])
    lines = [f"{key}.yaml replaces an earlier one" for key in catalogue.overridden]
    count = worked_examples.count(catalogue)
    return "\n".join(
        [*lines, f"{len(catalogue.files)} files are right; {count} worked examples pass"]
    )


def _json(catalogue: Catalogue | None, issues: tuple[ConfigIssue, ...]) -> str:
    answer: dict[str, object] = {"issues": [dataclasses.asdict(issue) for issue in issues]}
    if catalogue is not None:
        answer["files"] = len(catalogue.files)
        answer["examples"] = worked_examples.count(catalogue)
        answer["overridden"] = catalogue.overridden
    return json.dumps(answer, indent=2)
