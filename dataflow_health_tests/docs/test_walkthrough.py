"""The commands of docs/walkthrough.md, run as written in a folder of their own."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "walkthrough.md"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "-- end of block --"
VARYING = (
    (re.compile(r"since \d{4}-\d\d-\d\d"), "since DAY"),
    (re.compile(r"\d+ (s|min|h)( \d+ (s|min))? ago"), "AGE ago"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"[1-9]\d+ of \d+ algorithms"), "MANY of ALL algorithms"),
    (re.compile(r"\b0 of \d+ algorithms"), "0 of ALL algorithms"),
    (re.compile(r"[1-9]\d+/\d+"), "MANY/ALL"),
    (re.compile(r"and \d+ more"), "and others"),
    (re.compile(r" +$", re.MULTILINE), ""),
    (re.compile(r" {2,}"), "  "),
)
"""What depends on the clock (today's date, ages with the width of their column), and what changes
with each algorithm that is added; MANY is at least ten."""


def normalise(text: str) -> str:
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text.strip()


def matches(expected: str, printed: str) -> bool:
    """Whether texts are equal, where a line of three dots stands for any lines."""
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", expected, flags=re.M)]
    return re.fullmatch(r"\n?.*\n?".join(parts), printed, re.DOTALL) is not None


def run_blocks(commands: list[str], folder: Path) -> list[str]:
    """Runs blocks in one shell, which stops at the first error; what each printed."""
    script = "".join(f"{block}\necho '{END}'\n" for block in commands)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {k: v for k, v in os.environ.items() if not k.startswith(("DATAFLOW_", "DAGSTER_"))}
    done = subprocess.run(
        ["bash", "-e", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env={**own, "PATH": path, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.split(f"{END}\n")[:-1]


@pytest.mark.parametrize(
    ("expected", "printed", "is_equal"),
    [
        ("a\nb", "a\nb", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("...\nd", "a\nd", True),
        ("a\n...", "a\nb", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("a.c", "abc", False),
    ],
)
def test_three_dots_stand_for_any_lines(expected: str, printed: str, is_equal: bool) -> None:
    assert matches(expected, printed) is is_equal


@pytest.mark.spark
def test_the_walk_prints_what_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    printed = iter(run_blocks([text for kind, text in blocks if kind == "bash"], tmp_path))
    for (kind, command), (following, expected) in pairwise([*blocks, ("", "")]):
        if kind == "bash":
            output = normalise(next(printed))
            shown = normalise(expected)
            assert following != "text" or matches(shown, output), f"{command}\n{output}"
