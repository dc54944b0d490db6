from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.assets import algorithms
from dataflow_health.stages.stage import StageSummary
from dataflow_health_tests.factories import DAY, catalogue


def test_every_algorithm_is_an_asset_that_can_be_run_alone() -> None:
    declared = catalogue().algorithms
    made = algorithms.assets(declared)
    assert made.keys == {STAGE_KEYS["analyse"], *(algorithm_key(name) for name in declared)}
    assert made.can_subset
    for name, algorithm in declared.items():
        spec = made.get_asset_spec(algorithm_key(name))
        assert spec.code_version == algorithm.version
        assert "condition" in spec.metadata
        assert {dep.asset_key for dep in spec.deps} == {STAGE_KEYS["ingest"]}


def test_the_asset_of_the_stage_needs_every_algorithm() -> None:
    declared = catalogue().algorithms
    spec = algorithms.assets(declared).get_asset_spec(STAGE_KEYS["analyse"])
    assert {dep.asset_key for dep in spec.deps} == {algorithm_key(name) for name in declared}


def test_a_materialization_shows_the_algorithms_own_results_and_the_stage_its_own() -> None:
    counts = {"rotor_droop": {"recordings": 2, "findings": 1, "found": 1, "clear": 1}}
    summary = StageSummary("analyse", DAY, worked=2, algorithm_counts=counts)
    own = algorithms._metadata("rotor_droop", summary)
    assert {name: value.value for name, value in own.items()} == counts["rotor_droop"]
    none = algorithms._metadata("hard_landing", summary)
    assert {name: value.value for name, value in none.items()} == algorithms.NO_RESULTS
    assert algorithms._metadata(None, summary)["worked"].value == 2
