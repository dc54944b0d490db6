from dataclasses import replace

from dataflow_health.cli.coverage_table import coverage_of, print_coverage
from dataflow_health.flight.algorithms.coverage import Coverage
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.flight.algorithms.flights import make_algorithm


def test_a_quantity_counts_when_the_layout_has_one_of_its_sources_whole() -> None:
    layout = Layout.model_validate(
        {"words_per_subframe": 64, "parameters": {"OIT": {"words": [2]}, "L": {"words": [3]}}}
    )
    quantities = {
        "oil": [{"parameter": "OIT1"}, {"parameter": "OIT"}],
        "fuel": [{"parameter": "L", "plus": ["R"]}],
    }
    mapping = ParameterMapping.model_validate({"layouts": ["mine"], "quantities": quantities})
    algorithms = {name: make_algorithm(when=f"{name} > 1") for name in ("fuel", "oil", "OIT")}
    declared = replace(catalogue(), algorithms=algorithms, mappings={"m": mapping})
    assert coverage_of(declared, "mine", layout).lacking == {"fuel": ("fuel",)}
    assert coverage_of(declared, "mine", layout, {"fuel"}).lacking == {}
    assert coverage_of(declared, "other", layout).lacking == {"fuel": ("fuel",), "oil": ("oil",)}


def test_the_mapping_of_a_recorder_that_uses_the_layout_counts() -> None:
    layout = Layout.model_validate(
        {"words_per_subframe": 64, "parameters": {"OIT": {"words": [2]}}}
    )
    mapping = ParameterMapping.model_validate(
        {"recorders": ["card"], "quantities": {"oil": [{"parameter": "OIT"}]}}
    )
    recorder = {"kind": "arinc717", "members": [".*"], "layouts": {"N1AB": "mine"}}
    declared = replace(
        catalogue(),
        algorithms={"oil": make_algorithm(when="oil > 1")},
        mappings={"m": mapping},
        recorders={"card": Arinc717Recorder.model_validate(recorder)},
    )
    assert coverage_of(declared, "mine", layout).lacking == {}
    assert coverage_of(declared, "other", layout).lacking == {"oil": ("oil",)}


def test_the_table_names_what_lacks_and_a_command_that_helps(capsys) -> None:
    print_coverage(Coverage(2, {"oil_low": ("oil", "ng")}), "mine")
    printed = capsys.readouterr()
    heading, row = printed.out.splitlines()
    assert heading.split(maxsplit=5)[-1].strip() == "lacks"
    assert row.split() == ["oil_low", "oil,", "ng"]
    assert printed.err.splitlines() == [
        "1 of 2 algorithms apply to layout mine",
        "dataflow-health layout map mine --suggest suggests a mapping",
    ]
    print_coverage(Coverage(2, {}), "mine")
    assert capsys.readouterr() == ("", "2 of 2 algorithms apply to layout mine\n")
