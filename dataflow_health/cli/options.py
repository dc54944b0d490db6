"""Options, settings and error handling shared by all commands."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from dataflow_health import logs, masking, settings
from dataflow_health.errors import DataflowHealthError
from dataflow_health.plain_text import shown
from dataflow_health.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

EXIT_UNKNOWN = 2
"""Exit code when a command could not determine its result."""

FOLDER = click.Path(path_type=Path, file_okay=False)
"""Type of an option that takes a folder."""

home_option = click.option(
    "--home",
    type=FOLDER,
    help="Data folder of the installation. Default: DATAFLOW_HEALTH_HOME.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
operator_option = click.option(
    "--operator",
    "operator_name",
    help="Name of the operator for the audit log. Default: the login name.",
)
limit_option = click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="Maximum number of rows."
)


_OWN_COMMAND = re.compile(r"\bdataflow-health (?=[a-z])")


def as_typed(text: str) -> str:
    """A text whose commands begin as the person typed this one: ``./start explain``.

    Messages to others keep the name that stands on the path of a server.
    """
    return _OWN_COMMAND.sub(lambda _: f"{settings.load().program} ", text)


def option_with_default(
    name: str, kind: click.ParamType[Any, Any], default: object, describes: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """An option that is never empty; its help shows the default.

    Args:
        name: Name, as ``--days``.
        kind: Type of its value.
        default: Value when it is not given.
        describes: Help text.
    """
    return click.option(name, type=kind, default=default, show_default=True, help=describes)


def into_option(written: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The option ``--into`` of a command that writes YAML.

    Args:
        written: What is written, and where it goes without the option.
    """
    return click.option("--into", type=FOLDER, help=f"Configuration folder to write {written}")


def write_new(path: Path, text: str) -> None:
    """Writes a file that does not exist yet, with its folder.

    Raises:
        UsageError: It exists, and is kept.
    """
    check_new(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def check_new(path: Path) -> None:
    """Refuses to replace a file.

    Raises:
        UsageError: It exists, and is kept.
    """
    if path.exists():
        raise click.UsageError(f"{path} already exists and is kept; move it or choose another name")


def load_settings(home: Path | None = None, *, quiet: bool = False) -> Settings:
    """Loads the settings and configures logging at their level.

    Args:
        home: Data folder; takes precedence over the environment.
        quiet: Log only errors unless a level is set: for commands that draw on the terminal.
    """
    loaded = settings.load() if home is None else settings.adopt(home)
    is_quiet = quiet and "log_level" not in loaded.model_fields_set
    level = "ERROR" if is_quiet else loaded.log_level
    logs.configure(level, as_json=loaded.log_format == "json")
    return loaded


def report_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Prints errors of this package without traceback and secrets, and exits with code 2."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DataflowHealthError as error:
            message = masking.mask(str(error), settings.environment())
            click.echo(shown(message), err=True)
            raise SystemExit(EXIT_UNKNOWN) from None

    return wrapper
