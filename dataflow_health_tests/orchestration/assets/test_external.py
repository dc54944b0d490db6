from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import wiring
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as loading
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.graph import Pipeline
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, process_key
from dataflow_health.orchestration.assets import external, stages
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings
from dataflow_health.storage.records import observations

BASE = """\
describes: The field base's folder of cards.
group: field base
owner: Jane Doe
external: true
after: [landing_folder]
before: [load]
checks:
  - {kind: file_exists, path: PLACE, within: PT1S, describes: It is mounted.}
"""


def catalogue(config: Path, place: Path) -> Catalogue:
    path = config / "processes" / "field_base.yaml"
    path.write_text(BASE.replace("PLACE", str(place)))
    return loading.load(BUILTIN_FOLDER, config)


def spec_of(catalogue: Catalogue, name: str) -> dg.AssetSpec:
    return next(spec for spec in external.assets(catalogue) if spec.key == process_key(name))


def test_what_is_neither_stage_nor_board_is_external(config: Path, tmp_path: Path) -> None:
    declared = catalogue(config, tmp_path)
    names = {spec.key.path[-1] for spec in external.assets(declared)}
    assert names == set(declared.processes) - {*STAGE_KEYS, "overview"}


def test_what_dagster_would_refuse_of_a_process_file_does_not_break_the_board(
    config: Path, tmp_path: Path
) -> None:
    spec = spec_of(catalogue(config, tmp_path), "field_base")
    assert (spec.group_name, list(spec.owners)) == ("field_base", [])


def test_an_external_process_stands_behind_and_before_what_its_file_says(
    config: Path, tmp_path: Path
) -> None:
    declared = catalogue(config, tmp_path)
    above = {dep.asset_key for dep in spec_of(declared, "field_base").deps}
    assert above == {process_key("landing_folder")}
    surrounded = external.with_process_file(declared, stages.assets()[-1])
    assert process_key("field_base") in surrounded.asset_deps[STAGE_KEYS["load"]]


def test_a_shared_disk_points_only_to_the_first_stage_that_needs_it() -> None:
    pipeline = Pipeline.of(loading.load(BUILTIN_FOLDER).processes)
    needs = {stage: external.first_needed(pipeline, stage) for stage in STAGE_KEYS}
    assert {stage: names for stage, names in needs.items() if names} == {
        "download": ["landing_folder", "results_database"],
        "extract": ["lake_disk"],
        "ingest": ["spark"],
    }


@pytest.mark.parametrize("there", [True, False])
def test_a_person_who_presses_execute_gets_the_answer_and_so_does_every_face(
    chosen: Settings, instance: dg.DagsterInstance, tmp_path: Path, there: bool
) -> None:
    assert chosen.config is not None
    place = tmp_path / "base"
    if there:
        place.mkdir()
    declared = catalogue(chosen.config, place)
    definitions = dg.Definitions(
        assets=external.assets(declared),
        asset_checks=external.checks(declared),
        resources={"pipeline": PipelineResource()},
    )
    key = dg.AssetCheckKey(process_key("field_base"), "file_exists")
    job = dg.define_asset_job("press", dg.AssetSelection.checks(key))
    ran = (
        dg.Definitions(
            assets=definitions.assets,
            asset_checks=definitions.asset_checks,
            resources=definitions.resources,
            jobs=[job],
        )
        .resolve_job_def("press")
        .execute_in_process(instance=instance)
    )
    [evaluation] = ran.get_asset_check_evaluations()
    assert (evaluation.check_name, evaluation.passed) == ("file_exists", there)
    [kept] = observations.read(wiring.dependencies(chosen).engine)
    assert (kept.process, kept.outcome) == ("field_base", "passed" if there else "failed")


def test_neither_a_stage_nor_the_overview_is_an_external_asset() -> None:
    shipped = loading.load(BUILTIN_FOLDER)
    names = set(external.names(shipped))
    assert names == set(shipped.processes) - {"overview", *STAGE_KEYS}
