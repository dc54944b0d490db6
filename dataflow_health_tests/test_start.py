"""The script that a new user runs first."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

START = Path(__file__).parents[1] / "start"
TOOLS = ("sh", "dirname", "env", "printf")

pytestmark = pytest.mark.server


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH with a shell and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return folder


def program(folder: Path, name: str) -> None:
    """A program that prints the words it was called with."""
    path = folder / name
    path.write_text('#!/bin/sh\nprintf "%s " "$@"\n')
    path.chmod(0o755)


def start(programs: Path, *words: str, script: Path = START) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(programs), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        ["sh", str(script), *words], env=environment, capture_output=True, text=True, check=False
    )


def test_a_command_runs_with_what_users_need_and_without_developer_tools(programs: Path) -> None:
    program(programs, "uv")
    program(programs, "java")
    assert start(programs, "demo", "--seed", "4").stdout.split() == [
        "run", "--frozen", "--project", str(START.parent),
        "--no-dev", "--extra", "svg", "dataflow-health", "demo", "--seed", "4",
    ]  # fmt: skip


def test_a_java_runtime_is_installed_where_there_is_none(programs: Path) -> None:
    program(programs, "uv")
    words = start(programs, "up").stdout.split()
    assert words[4:8] == ["--no-dev", "--extra", "java", "--extra"]


def test_the_word_test_runs_the_tests_with_developer_tools(programs: Path) -> None:
    program(programs, "uv")
    words = start(programs, "test", "-k", "ledger").stdout.split()
    assert words[4:] == ["pytest", "-k", "ledger"]


def test_without_a_word_the_commands_are_listed(programs: Path) -> None:
    program(programs, "uv")
    assert start(programs).stdout.split()[4:] == ["--no-dev", "dataflow-health", "--help"]


def test_without_uv_and_python_the_message_names_what_to_install(programs: Path) -> None:
    alone = programs.parent / "start"  # a clone in which it was used before has a uv of its own
    alone.write_bytes(START.read_bytes())
    ended = start(programs, "demo", script=alone)
    assert ended.returncode == 2
    assert ended.stderr == "start: python3 is missing: install Python 3.11 or later\n"
