import ast
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from dataflow_health.cli import terminal

CLI = Path(terminal.__file__).parent
HOSTILE = "a\x1b]0;title[bold red]b[/]\x9b2J\u202ec :smile:"
SHOWN = r"a\x1b]0;title[bold red]b[/]\x9b2J\u202ec :smile:"


def printed(*renderables: object) -> str:
    console = terminal.console()
    console.file, console.width = io.StringIO(), 200
    for each in renderables:
        console.print(each)
    return console.file.getvalue()


def test_a_hostile_name_is_shown_as_it_is_written() -> None:
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    table.add_row(Text(HOSTILE, "red"))
    output = printed(table, HOSTILE, Text(HOSTILE))
    assert output.count(SHOWN) >= 5
    assert "\x1b" not in output


@given(st.text())
def test_no_control_character_is_printed(text: str) -> None:
    left = printed(text, Text(text)).replace("\n", "")
    assert not [each for each in left if ord(each) < 32 or 127 <= ord(each) < 160]


def test_lines_and_letters_stay() -> None:
    assert terminal.shown("Zürich\n\t€ ✓") == "Zürich\n\t€ ✓"


@pytest.mark.parametrize("path", sorted(CLI.rglob("*.py")), ids=lambda path: path.name)
def test_every_console_is_a_safe_one(path: Path) -> None:
    if path.name == "terminal.py":
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func) for call in calls}
    assert not names & {"Console", "rich.print", "Text.from_markup", "Text.from_ansi"}


def test_the_natural_width_of_a_table_wraps_nothing() -> None:
    table = Table("a", box=None, padding=0)
    table.add_row("x" * 300)
    assert terminal.natural_width(table) == 300
