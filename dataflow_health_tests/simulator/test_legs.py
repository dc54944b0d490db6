import numpy as np
import pytest

from dataflow_health.simulator.legs import plan_legs


@pytest.mark.parametrize("autorotation", [False, True])
@pytest.mark.parametrize("duration_s", [840, 1800, 10_800])
def test_the_legs_last_as_long_as_the_flight(duration_s, autorotation):
    legs = plan_legs(duration_s, autorotation=autorotation, rng=np.random.default_rng(1))
    assert sum(leg.duration_s for leg in legs) == pytest.approx(duration_s)
    assert all(leg.duration_s > 0 for leg in legs)
    assert ("autorotation" in {leg.phase for leg in legs}) == autorotation
    assert (legs[0].phase, legs[-1].phase) == ("power_off", "power_off")
    assert legs[-1].height_ft == legs[-1].ground_speed_kt == 0


@pytest.mark.parametrize(
    ("duration_s", "autorotation", "shortest_s"),
    [(599, False, 600), (10_801, False, 600), (839, True, 840)],
)
def test_a_duration_out_of_range_is_rejected(duration_s, autorotation, shortest_s):
    with pytest.raises(ValueError, match=rf"{duration_s} s: must be {shortest_s} to 10800 s"):
        plan_legs(duration_s, autorotation=autorotation, rng=np.random.default_rng(1))
