from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import definitions, wiring
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as loading
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.ledger_check import LEDGER_CHECK_KINDS
from dataflow_health.health.self_check import SchedulesRun, SensorsTick
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import (
    OVERVIEW,
    STAGE_KEYS,
    algorithm_key,
    process_key,
)
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests import factories

LINK = """\
describes: The radio link to the field base.
external: true
before: [download]
checks:
  - {kind: tcp_answers, address: "127.0.0.1:9"}
"""
ALGORITHM = """\
describes: Rotor faster than ours allow.
source: an operator's own limit
severity: warning
kind: exceedance
when: rotor_speed_pct > 103
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory):
    """The graph of an installation without YAML files of its own. Read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path_factory.mktemp("home")))
        yield definitions.build().resolve_asset_graph()
    wiring.dependencies.cache_clear()


def test_it_loads_and_every_process_is_an_asset_with_a_verdict(graph) -> None:
    processes = loading.load(BUILTIN_FOLDER).processes
    assert {process_key(name) for name in processes} <= graph.get_all_asset_keys()
    judged = {key.asset_key for key in graph.asset_check_keys if key.name == health_checks.CHECK}
    assert judged == {process_key(name) for name in processes}


@pytest.mark.usefixtures("chosen")
def test_the_code_server_loads_all_of_it() -> None:
    definitions.build().get_repository_def().load_all_definitions()


def test_every_declared_check_is_one_in_dagster_unless_the_verdict_shows_it(graph) -> None:
    """A ledger check has no result of its own to store: the verdict of its process shows it."""
    for name, process in loading.load(BUILTIN_FOLDER).processes.items():
        known = {key.name for key in graph.asset_check_keys if key.asset_key == process_key(name)}
        stored = {c.name for c in process.checks if c.kind not in LEDGER_CHECK_KINDS}
        assert {*stored, health_checks.CHECK} <= known, name


def test_arrows_between_stages_are_those_of_the_process_files(graph) -> None:
    pipeline = Pipeline.of(loading.load(BUILTIN_FOLDER).processes)
    for stage in STAGES:
        above = {STAGE_KEYS[name] for name in pipeline.upstream[stage] if name in STAGES}
        assert above <= ancestors(graph, STAGE_KEYS[stage]), stage


def test_every_stage_has_a_description_an_owner_kinds_and_a_runbook(graph) -> None:
    processes = loading.load(BUILTIN_FOLDER).processes
    for stage, key in STAGE_KEYS.items():
        node = graph.get(key)
        assert node.description.startswith(processes[stage].describes)
        assert node.owners == [processes[stage].owner]
        assert node.kinds
        assert "runbook" in node.metadata
        assert node.group_name == stage


@pytest.mark.usefixtures("chosen")
def test_a_run_of_a_day_asks_no_live_check_and_makes_no_overview() -> None:
    job = definitions.build().resolve_job_def("pipeline")
    steps = {node.name for node in job.nodes}
    assert {f"{stage}_checks" for stage in STAGES} <= steps
    assert not [name for name in steps if "live" in name or "verdict" in name]
    assert OVERVIEW not in job.asset_layer.selected_asset_keys


def test_definitions_read_the_operators_yaml_anew_each_time(chosen: Settings, config: Path) -> None:
    before = definitions.build().resolve_asset_graph().get_all_asset_keys()
    (config / "processes" / "fleet_link.yaml").write_text(LINK)
    (config / "algorithms" / "rotor_fast.yaml").write_text(ALGORITHM)
    after = definitions.build().resolve_asset_graph()
    assert after.get_all_asset_keys() - before == {
        process_key("fleet_link"),
        algorithm_key("rotor_fast"),
    }
    assert process_key("fleet_link") in after.get(STAGE_KEYS["download"]).parent_keys


def ancestors(graph, key: dg.AssetKey) -> set[dg.AssetKey]:
    above: set[dg.AssetKey] = set()
    ahead = [key]
    while ahead:
        for parent in graph.get(ahead.pop()).parent_keys - above:
            above.add(parent)
            ahead.append(parent)
    return above


def test_every_sensor_and_schedule_is_required_to_run(chosen: Settings) -> None:
    built = definitions.build()
    checks = factories.catalogue().processes["overview"].checks
    (ticks,) = [each for each in checks if isinstance(each, SensorsTick)]
    assert set(ticks.required) == {sensor.name for sensor in built.sensors or ()}
    (runs,) = [each for each in checks if isinstance(each, SchedulesRun)]
    assert set(runs.required) == {schedule.name for schedule in built.schedules or ()}
