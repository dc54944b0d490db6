from pathlib import Path

import pytest

from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.operations import dagster_home
from dataflow_health.orchestration.daemon_heartbeats import Heartbeats
from dataflow_health_tests import installation as scene


def test_without_an_instance_there_is_nothing_to_ask(tmp_path: Path) -> None:
    beating = Heartbeats(tmp_path)
    beating.wait()
    with pytest.raises(NotConfigured, match="no Dagster instance"):
        beating()


def test_an_instance_whose_daemon_never_ran_has_no_heartbeats(tmp_path: Path) -> None:
    chosen = scene.settings(tmp_path)
    dagster_home.prepare(chosen)
    beating = Heartbeats(chosen.dagster_home)
    beating.wait()
    assert beating() == {}


def test_an_instance_that_cannot_be_opened_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("storage: {nothing: here}\n")
    beating = Heartbeats(tmp_path)
    beating.wait()
    with pytest.raises(NotConfigured):
        beating()
