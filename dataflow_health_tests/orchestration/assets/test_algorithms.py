from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.assets import algorithms
from dataflow_health_tests.factories import catalogue


def test_every_algorithm_is_an_asset_that_can_be_run_alone() -> None:
    declared = catalogue().algorithms
    made = algorithms.assets(declared)
    assert made.keys == {STAGE_KEYS["analyse"], *(algorithm_key(name) for name in declared)}
    assert made.can_subset
    for name, algorithm in declared.items():
        spec = made.get_asset_spec(algorithm_key(name))
        assert spec.code_version == algorithm.version
        assert {dep.asset_key for dep in spec.deps} == {STAGE_KEYS["ingest"]}


def test_the_asset_of_the_stage_needs_every_algorithm() -> None:
    declared = catalogue().algorithms
    spec = algorithms.assets(declared).get_asset_spec(STAGE_KEYS["analyse"])
    assert {dep.asset_key for dep in spec.deps} == {algorithm_key(name) for name in declared}
