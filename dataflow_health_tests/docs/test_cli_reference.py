from pathlib import Path

import click

from docs.generate import cli_reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == cli_reference.page(), "run `just docs`"


def test_subcommands_are_listed_after_their_group():
    words = [words for words, _ in cli_reference.commands()]
    groups = [w for w, command in cli_reference.commands() if isinstance(command, click.Group)]
    assert groups
    for group in groups:
        after = words[words.index(group) + 1]
        assert after[: len(group)] == group


def test_hidden_options_are_omitted_and_defaults_shown():
    command = click.Command(
        "x",
        params=[
            click.Option(["--days"], default=3, type=int, help="Days."),
            click.Option(["--secret"], hidden=True),
        ],
        help="Does it.",
    )
    section = cli_reference._section(("x",), command)
    assert "| `--days INTEGER` | Days. Default: `3`. |" in section
    assert "secret" not in section
