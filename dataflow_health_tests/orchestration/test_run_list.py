from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health.errors import NotFound
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import instance_storage, run_list
from dataflow_health_tests import installation


@dg.op
def step() -> None: ...


@dg.job
def tried() -> None:
    step()


@pytest.mark.server
@pytest.mark.slow
def test_runs_are_listed_newest_first_by_status_and_day(tmp_path: Path) -> None:
    chosen = installation.settings(tmp_path)
    dagster_home.prepare(chosen)
    home = chosen.dagster_home
    instance_storage.create(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        tried.execute_in_process(instance=instance, tags={"dagster/partition": "2026-11-20"})
        tried.execute_in_process(instance=instance)
    newest, oldest = run_list.read(home)
    assert (newest.job, newest.status, newest.day, oldest.day) == (
        "tried", "success", "", "2026-11-20",
    )  # fmt: skip
    assert newest.created_at >= oldest.created_at
    assert newest.duration(newest.created_at) >= timedelta(0)
    assert run_list.read(home, day="2026-11-20") == [oldest]
    assert run_list.read(home, status="failure") == []
    assert run_list.read(home, limit=1) == [newest]


def test_a_home_without_runs_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="give --home"):
        run_list.read(tmp_path / "misspelt")


def test_a_run_that_waits_has_no_duration() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    waiting = run_list.RunEntry("r", "pipeline", "queued", "", at, None, None)
    assert waiting.duration(at) is None
