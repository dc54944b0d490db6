from dataflow_health.flight.algorithms.coverage import PHASES
from dataflow_health.flight.algorithms.layout_coverage import layout_coverage
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.flight.algorithms.flights import make_flight
from dataflow_health_tests.flight.algorithms.test_coverage import ALGORITHMS, of_results


def test_each_algorithm_that_does_not_apply_has_the_parameters_that_it_lacks() -> None:
    found = layout_coverage(ALGORITHMS, {"oil"})
    assert (found.applicable, found.lacking) == (1, {"torque": ("torque", PHASES)})
    whole = layout_coverage(ALGORITHMS, {"oil", "torque", "weight_on_wheels"})
    assert (whole.applicable, whole.missing) == (2, ())


def test_a_layout_and_an_empty_recording_lack_the_same_for_every_shipped_algorithm() -> None:
    algorithms = catalogue().algorithms
    by_names = layout_coverage(algorithms, ())
    by_results = of_results(algorithms, make_flight(other=[0.0]))
    assert by_names.is_silent
    assert by_results.is_silent
    assert by_results.lacking == {
        name: tuple(each for each in names if each != PHASES) or names
        for name, names in by_names.lacking.items()
    }
