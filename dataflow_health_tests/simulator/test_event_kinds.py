import pytest

from dataflow_health.simulator.event_kind import unchanged_window
from dataflow_health.simulator.event_kinds import EVENT_KINDS, MEASUREMENTS
from dataflow_health_tests.simulator.decoding import ALGORITHMS


def test_an_event_has_the_name_of_an_algorithm_with_a_limit_and_the_others_measure():
    measuring = {name for name, each in ALGORITHMS.items() if each.severity == "info"}
    assert set(MEASUREMENTS) == measuring
    assert set(EVENT_KINDS) <= set(ALGORITHMS) - measuring


@pytest.mark.parametrize("name", EVENT_KINDS)
def test_an_event_lasts_long_enough_for_its_algorithm(name):
    lasting = getattr(ALGORITHMS[name], "lasting", None)
    if lasting is not None and EVENT_KINDS[name].extent is unchanged_window:
        assert EVENT_KINDS[name].lasting_s >= lasting.total_seconds()


@pytest.mark.parametrize("number", [1, 2])
def test_both_engines_have_the_same_events(number):
    other = {1: "2", 2: "1"}[number]
    names = {name for name in EVENT_KINDS if f"engine_{number}" in name}
    assert {name.replace(f"engine_{number}", f"engine_{other}") for name in names} <= set(
        EVENT_KINDS
    )
