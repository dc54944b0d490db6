import os
import shutil
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import instance_storage

KILLED_AFTER_STATEMENTS = (1, 8, 20, 45, 60, 75, 100)
"""Spread over the statements that create Dagster's three databases."""


def home(folder: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(dagster_home.shipped_config(), folder / "dagster.yaml")
    return folder


def die_after(statements: int, folder: Path) -> bool:
    """Creates the storage in a child that dies after some SQL statements; False: it lived."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    executed = iter(range(1, statements))

    def die(*_: object) -> None:
        if next(executed, None) is None:
            os._exit(9)

    event.listen(Engine, "after_cursor_execute", die)
    instance_storage.create(folder)
    os._exit(0)


def is_usable(folder: Path) -> bool:
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        instance.add_dynamic_partitions("arrival_day", ["2026-07-01"])
        return instance.has_dynamic_partition("arrival_day", "2026-07-01")


@pytest.mark.slow
def test_a_death_at_any_statement_leaves_an_instance_that_works_when_started_again(
    tmp_path: Path,
) -> None:
    for statements in KILLED_AFTER_STATEMENTS:
        folder = home(tmp_path / str(statements))
        assert die_after(statements, folder), f"fewer than {statements} statements: lower the list"
        instance_storage.create(folder)
        assert is_usable(folder), statements


@pytest.mark.slow
def test_a_storage_that_exists_is_left_alone(tmp_path: Path) -> None:
    folder = home(tmp_path / "home")
    instance_storage.create(folder)
    assert is_usable(folder)
    instance_storage.create(folder)
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert instance.get_dynamic_partitions("arrival_day") == ["2026-07-01"]
    assert not list(folder.glob(".new-*"))


@pytest.mark.slow
def test_a_storage_that_another_process_created_first_is_kept(tmp_path: Path) -> None:
    folder = home(tmp_path / "home")
    (folder / "schedules").mkdir()
    (folder / "schedules" / "kept").touch()
    instance_storage.create(folder)
    assert (folder / "schedules" / "kept").exists()
    assert (folder / "history" / "runs.db").exists()


def test_nothing_is_created_for_a_storage_named_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage: {postgres: {}}\n")
    instance_storage.create(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
