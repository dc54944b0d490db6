from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health import wiring
from dataflow_health.errors import ConfigError, DatabaseError
from dataflow_health.settings import Settings
from dataflow_health.stages.sandbox.limits import SandboxLimits


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[Settings]:
    yield Settings(home=tmp_path / "home")
    wiring.dependencies.cache_clear()


def test_dependencies_are_made_once_with_a_current_schema(chosen: Settings) -> None:
    deps = wiring.dependencies(chosen)
    assert wiring.dependencies(chosen) is deps
    assert (chosen.home / "ledger.sqlite").exists()
    deps.engine.dispose()


def test_the_operators_yaml_is_added_to_the_built_in(tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "link.yaml").write_text("describes: A link.\n")
    catalogue = wiring.catalogue(Settings(home=tmp_path, config=tmp_path))
    assert {"link", "parse"} <= set(catalogue.processes)
    (tmp_path / "processes" / "link.yaml").write_text("describes: [\n")
    with pytest.raises(ConfigError):
        wiring.catalogue(Settings(home=tmp_path, config=tmp_path))


def test_a_monitor_may_be_kept_from_probing(chosen: Settings) -> None:
    for probes in (True, False):
        monitor = wiring.monitor(chosen.model_copy(update={"api_probes": probes}))
        assert (monitor._scheduler is not None) is probes
        assert not monitor.is_prober
        monitor.engine.dispose()


def test_an_invalid_database_url_is_an_error(chosen: Settings) -> None:
    with pytest.raises(DatabaseError):
        wiring.monitor(Settings(home=chosen.home, database_url="not a url"))


def test_limits_and_thresholds_come_from_the_settings(chosen: Settings) -> None:
    given = chosen.model_copy(update={"max_depth": 5, "late_after_s": 2.0})
    assert wiring.limits(given).depth == 5
    limits = given.model_copy(update={"sandbox_cpu_s": 7})
    assert wiring.sandbox_limits(limits).cpu_s == 7
    assert wiring.sandbox_limits(Settings(home=given.home)) == SandboxLimits()
    assert wiring.thresholds(given).late_after.total_seconds() == 2
