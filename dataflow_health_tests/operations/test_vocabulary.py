from dataflow_health.operations import vocabulary
from dataflow_health_tests import factories


def test_quantities_are_found_with_their_algorithms() -> None:
    found = vocabulary.quantities(factories.catalogue(), "torque", 1)
    assert len(found) == 1
    [rotor] = vocabulary.quantities(factories.catalogue(), "rotor_speed_pct", 1)
    assert rotor.name == "rotor_speed_pct"
    assert "rotor_speed_low" in rotor.algorithms
