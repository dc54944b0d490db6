import json
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health.cli import runs
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import instance_storage
from dataflow_health_tests import installation

pytestmark = pytest.mark.server


@dg.op
def break_off() -> None:
    raise ValueError("broken")


@dg.job
def tried() -> None:
    break_off()


@pytest.mark.slow
def test_runs_are_listed_and_a_failed_newest_makes_exit_code_1(run, tmp_path: Path) -> None:
    chosen = installation.settings(tmp_path)
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    none = run("runs", "--home", tmp_path)
    assert (none.output, none.exit_code) == ("There are no such runs.\n", 0)
    with dg.DagsterInstance.from_config(str(chosen.dagster_home)) as instance:
        tried.execute_in_process(instance=instance, raise_on_error=False)
    [listed] = json.loads(run("runs", "--home", tmp_path, "--json").output)
    assert (listed["job"], listed["status"]) == ("tried", "failure")
    text = run("runs", "--home", tmp_path)
    assert listed["id"][:8] in text.output
    assert text.exit_code == 1


def test_a_misspelt_home_is_named(run, tmp_path: Path) -> None:
    result = run("runs", "--home", tmp_path / "misspelt")
    assert result.exit_code == 2
    assert not (tmp_path / "misspelt").exists()


def test_every_status_of_dagster_can_be_chosen() -> None:
    assert set(runs.STATUSES) == {each.value.lower() for each in dg.DagsterRunStatus}
