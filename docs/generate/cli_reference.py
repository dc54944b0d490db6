"""The reference of every command, option and setting; run as a module, it writes it."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import SecretStr

from dataflow_health.cli import main
from dataflow_health.config.yaml_schema import attribute_descriptions
from dataflow_health.settings import PREFIX, Settings

HEAD = """\
# The command line

All of this page is written by `just docs`, from the commands and settings themselves.

Exit codes: 0 healthy or done, 1 something is wrong, 2 it could not be told.
"""


def commands(words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and sub-command with the words that call it, in the order of the map."""
    group: click.Group = main
    for word in words:
        group = _group(group, word)
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield (*words, name), command
            if isinstance(command, click.Group):
                yield from commands((*words, name))


def text() -> str:
    """The whole page."""
    sections = [_section(words, command) for words, command in commands()]
    return "\n".join([HEAD, *sections, _settings()])


def _group(group: click.Group, name: str) -> click.Group:
    inner = group.get_command(click.Context(group), name)
    if not isinstance(inner, click.Group):
        raise TypeError(f"{name} is no group of commands")
    return inner


def _section(words: tuple[str, ...], command: click.Command) -> str:
    call = f"dataflow-health {' '.join(words)}"
    usage = command.collect_usage_pieces(click.Context(command))
    parts = [
        f"## {call}\n",
        f"```\n{' '.join([call, *usage])}\n```\n",
        _unwrapped(inspect.cleandoc(command.help or "")),
        _options(command),
    ]
    return "\n".join(part for part in parts if part)


def _settings() -> str:
    """Every variable of the environment, from the settings' own docstring."""
    meaning = attribute_descriptions(Settings)
    rows = "".join(
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {meaning[name]} |\n"
        for name, field in Settings.model_fields.items()
    )
    head = "| variable | default | meaning |\n| --- | --- | --- |\n"
    return f"## The environment\n\n{head}{rows}"


def _default(default: object) -> str:
    shown = "" if isinstance(default, SecretStr) or default in (None, ()) else str(default)
    return f"`{shown}`" if shown else ""


def _unwrapped(text: str) -> str:
    """Paragraphs on one line each; click marks those that it must not wrap with a bell's escape."""
    paragraphs = (paragraph.replace("\b\n", "") for paragraph in text.split("\n\n"))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs) + "\n"


def _options(command: click.Command) -> str:
    told = [each for each in command.params if isinstance(each, click.Option) and not each.hidden]
    if not told:
        return ""
    rows = "".join(f"| `{_names(each)}` | {_cell(each)} |\n" for each in told)
    return f"| option | meaning |\n| --- | --- |\n{rows}"


def _names(option: click.Option) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    return names if option.is_flag else f"{names} {option.make_metavar(click.Context(main))}"


def _cell(option: click.Option) -> str:
    default = option.default
    shown = isinstance(default, str | int | float | Path) and not option.is_flag
    told = f" Default: `{default}`." if shown else ""
    return f"{option.help or ''}{told}".replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text())
