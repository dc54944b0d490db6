import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from dataflow_health.cli import COMMANDS, main
from dataflow_health.cli.completion import PROGRAM, VARIABLE


def completed(*words: str, incomplete: str = "") -> list[str]:
    shell = ShellComplete(main, {}, PROGRAM, VARIABLE)
    return [item.value for item in shell.get_completions(list(words), incomplete)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_program(run, shell: str) -> None:
    script = run("completion", shell).output
    assert f"{VARIABLE}={shell}_complete" in script
    assert PROGRAM in script


def test_commands_options_and_choices_are_completed() -> None:
    assert completed(incomplete="ru") == ["run", "runs"]
    assert completed("incident", incomplete="a") == ["ack"]
    assert "--json" in completed("findings", incomplete="--")
    assert completed("run", incomplete="pa") == ["parse"]
    assert completed() == list(COMMANDS)


@pytest.mark.server
def test_the_names_of_all_commands_are_completed_without_importing_them() -> None:
    program = (
        "import sys; from click.shell_completion import ShellComplete;"
        "from dataflow_health.cli import main;"
        "ShellComplete(main, {}, 'x', 'y').get_completions([], 'r');"
        "sys.exit(str([m for m in sys.modules if m.startswith('dataflow_health.cli.')]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.server
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.slow
def test_bash_completes_a_word(run, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(run("completion", "bash").output)
    lines = (
        f"source {tmp_path}/script; COMP_WORDS=({PROGRAM} quar); COMP_CWORD=1;"
        "_dataflow_health_completion " + PROGRAM + '; echo "${COMPREPLY[@]}"'
    )
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", lines], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "quarantine", done.stderr
