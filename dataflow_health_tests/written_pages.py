"""Pages whose commands are run as written, and print what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "-- end of block, exit code "
SERVER = re.compile(r"^(\S*(?:start|dataflow-health) up\b.*)$", re.MULTILINE)
SERVED = """\
{command} >up.log 2>&1 & up=$!
for _ in $(seq 300); do grep -q '^Landing:' up.log && break; sleep 1; done
cat up.log
kill -INT $up; wait $up || true"""
"""A server is started, waited for and interrupted, as a reader does with Control-C."""

VARYING = (
    (re.compile(r"\d+ (s|min|h)( \d+ (s|min))? ago"), "AGE ago"),
    (re.compile(r"\(\d+ (s|min|h)( \d+ (s|min))?\)$", re.MULTILINE), "(AGE)"),
    (re.compile(r"recovered after .*"), "recovered after AGE"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"[1-9]\d+ of \d+ algorithms"), "MANY of ALL algorithms"),
    (re.compile(r"\b0 of \d+ algorithms"), "0 of ALL algorithms"),
    (re.compile(r"[1-9]\d+/\d+"), "MANY/ALL"),
    (re.compile(r"known: [^)\n]*"), "known: NAMES"),
    (re.compile(r"and \d+ more"), "and others"),
    (re.compile(r"\d+ files are valid; \d+ worked"), "ALL files are valid; ALL worked"),
    (re.compile(r"token=\S+"), "token=TOKEN"),
    (re.compile(r"(?<=[ (])/\S+(?=/home/landing)"), "CLONE"),
    (re.compile(r" +$", re.MULTILINE), ""),
    (re.compile(r" {2,}"), "  "),
)
"""What depends on the clock or the folder, and what changes with each algorithm that is added."""

DATED = (
    (re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\dZ)?)?"), "DAY"),
    (re.compile(r"\d{8}T\d{6}Z"), "STAMP"),
    (re.compile(r"\d{5} bytes|byte \d{5}"), "SIZE"),
)
"""What depends on the day of a fleet that flew yesterday, or of an arrival today."""


START = '#!/bin/sh\nexport DATAFLOW_HEALTH_PROGRAM=./start\nexec dataflow-health "$@"\n'
"""Stands for the script of the clone, which would install packages first."""


def make_clone(folder: Path) -> Path:
    """Puts what the pages use of a clone into a folder."""
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "start").write_text(START)
    (folder / "start").chmod(0o755)
    return folder


def environ(columns: int) -> dict[str, str]:
    """Variables of a shell whose terminal is so wide, with the programs of this environment."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("DATAFLOW_", "DAGSTER_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}"
    return {**own, "PATH": path, "COLUMNS": str(columns)}


class Block(NamedTuple):
    """A block of commands, and the output that the page shows after it.

    Attributes:
        commands: Lines for a shell.
        shown: What the page shows below; None when it shows nothing.
    """

    commands: str
    shown: str | None


def read_blocks(page: Path) -> Iterator[Block]:
    """The blocks of commands of a page, in order."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    for (kind, text), (following, shown) in pairwise([*found, ("", "")]):
        if kind == "bash":
            yield Block(text, shown if following == "text" else None)


def normalise(text: str) -> str:
    """The text with placeholders for what differs between two runs."""
    for pattern, replacement in (*VARYING, *DATED):
        text = pattern.sub(replacement, text)
    return text.strip()


def matches(expected: str, printed: str) -> bool:
    """Whether texts are equal, where a line of three dots stands for any lines."""
    parts = [re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", expected, flags=re.M)]
    return re.fullmatch(r"\n?.*\n?".join(parts), printed, re.DOTALL) is not None


def script(blocks: Sequence[Block]) -> str:
    """A shell script that runs all blocks and marks the end of each with its exit code."""
    served = [
        SERVER.sub(lambda found: SERVED.format(command=found[1]), each.commands) for each in blocks
    ]
    return "exec 2>&1\n" + "".join(f"{each}\necho '{END}'$?\n" for each in served)


def check_page(
    page: Path,
    shell: Sequence[str],
    folder: Path | None,
    environ: Mapping[str, str],
    left_out: str = "",
) -> None:
    """Runs the blocks of a page in one shell and compares what they print.

    A command whose output the page shows may end with exit code 1, as commands do that show
    something red; any other must end with 0.

    Args:
        page: The page.
        shell: Command that runs a script given as its last argument.
        folder: Where the shell starts.
        environ: Environment of the shell.
        left_out: Commands of a block that is not run.
    """
    blocks = [each for each in read_blocks(page) if each.commands.strip() != left_out]
    done = subprocess.run(
        [*shell, script(blocks)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    *outputs, rest = re.split(rf"{END}(\d+)\n", done.stdout)
    assert len(outputs) == 2 * len(blocks), done.stdout + done.stderr + rest
    for block, output, code in zip(blocks, outputs[::2], outputs[1::2], strict=True):
        allowed = {"0"} if block.shown is None else {"0", "1"}
        assert code in allowed, f"{block.commands}\n{output}\nexit code {code}"
        printed, shown = normalise(output), normalise(block.shown or "...")
        assert matches(shown, printed), f"{block.commands}\n{printed}\n-- instead of --\n{shown}"
