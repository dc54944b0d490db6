"""Program of ``up``: a process that stands ready, runs one run of Dagster, and ends.

It is no command for people: ``python -m dataflow_health.cli.spare_run FOLDER``.
"""

import runpy
import signal
import sys
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path

from dataflow_health.cli.options import load_settings
from dataflow_health.operations import spare_run


def main(folder: Path) -> None:
    """Prepares a run, waits for one, and executes it.

    Args:
        folder: Folder in which its socket is found.
    """
    with suppress(KeyboardInterrupt):
        if given := _wait(folder):
            _call_dagster(given)


def _wait(folder: Path) -> str | None:
    """The run; None when this process is to be replaced."""
    spare_run.prepare(folder)
    chosen = load_settings(None)
    with suppress(SystemExit), redirect_stdout(StringIO()):
        _call_dagster("--help")  # imports it
    from dataflow_health import definitions
    from dataflow_health.orchestration import spare_process

    return spare_process.wait_for_run(chosen, folder, definitions.build)


def _call_dagster(argument: str) -> None:
    sys.argv = ["dagster", "api", "execute_run", argument]
    runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    main(Path(sys.argv[1]))
