from dataflow_health.orchestration.metadata import algorithm
from dataflow_health_tests.factories import catalogue


def test_the_page_shows_the_condition_with_its_limit_and_no_examples() -> None:
    name = "gearbox_oil_temperature_high"
    declared = catalogue().algorithms[name]
    shown = algorithm.declaration(name, declared)
    condition = str(shown["condition"].value)
    assert "when: main_gearbox_oil_temperature_c > 110\n" in condition
    assert "lasting: PT10S\n" in condition
    assert "examples" not in condition
    assert shown["severity"].value == "warning"
    assert shown["source_of_the_limit"].value == declared.source
    assert shown["findings_table"].value == f"finding, where algorithm = '{name}'"


def test_results_are_numbers_that_dagster_plots() -> None:
    shown = algorithm.results({"recordings": 3, "findings": 7})
    assert {name: value.value for name, value in shown.items()} == {"recordings": 3, "findings": 7}
