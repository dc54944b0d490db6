import os
from dataclasses import replace

from dataflow_health.settings import load
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.kept_archives import archive_path
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import result, states


def test_damaged_files_are_listed_and_exit_with_code_1(shell: OperatorShell) -> None:
    lake = Lake(load().lake_url)
    digest = lake.write("parse/a", b"numbers")
    done = replace(result(sorted(states(shell.engine))[0], digest=digest), output_path="parse/a")
    ledger.finish(shell.engine, "parse", DAY, "run", [done])
    assert "1 files and their results are as" in shell.output("scrub", "--stage", "parse")
    lake.write("parse/a", b"numbery")
    output = shell.output("scrub", "--stage", "parse", code=1)
    assert "1 of 1 files are damaged" in output
    assert "input_changed" in output
    [found] = shell.json("scrub", "--day", DAY, "--stage", "parse", code=1)["damaged"]
    assert (found["stage"], found["path"]) == ("parse", "parse/a")


def test_a_day_that_is_none_and_a_day_without_files_are_refused(shell: OperatorShell) -> None:
    assert "does not match the format" in shell.output("scrub", "--day", "yesterday", code=2)
    assert "no finished work" in shell.output("scrub", "--day", "2001-01-01", code=2)


def test_an_archive_that_the_ledger_lacks_is_listed(shell: OperatorShell) -> None:
    lake = Lake(load().lake_url)
    path = archive_path(DAY, "f" * 64)
    lake.write(path, b"PK")
    assert lake.local is not None
    os.utime(lake.local / path, (0, 0))
    [found] = shell.json("scrub", code=1)["damaged"]
    assert (found["path"], found["reason"]) == (path, "not_in_ledger")
    assert shell.json("scrub", "--stage", "load")["damaged"] == []
