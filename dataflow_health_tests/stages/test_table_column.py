import pytest

from dataflow_health.stages.table_column import column_of, parameter_of


@pytest.mark.parametrize(("name", "parameter"), [("roll_deg__2", "roll_deg"), ("a__b", "a__b")])
def test_a_column_names_its_parameter(name: str, parameter: str) -> None:
    assert parameter_of(name) == parameter
    assert column_of("roll_deg.2") == "roll_deg__2"
