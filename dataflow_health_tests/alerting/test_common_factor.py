import random

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.alerting.common_factor import ATTRIBUTES, StageSample, find_common_factor


def case(failed, **attributes):
    return StageSample(failed, {"recorder": "generic_rdf", **attributes})


def fleet(is_bad, *, count=120):
    """Recordings of ten aircraft, two layouts, six archives, four hours."""
    rng = random.Random(3)
    made = []
    for number in range(count):
        tail = f"HB-ZA{number % 10}"
        attributes = {
            "tail": tail,
            "layout": "generic_512" if tail == "HB-ZA9" else "generic_256",
            "archive": f"a{rng.randrange(6)}.zip",
            "hour": f"{rng.randrange(4):02}h UTC",
        }
        made.append(case(is_bad(attributes, rng), **attributes))
    return made


def test_one_aircraft_is_named_with_its_numbers():
    found = find_common_factor(fleet(lambda a, _: a["tail"] == "HB-ZA3"))
    assert str(found) == (
        "tail HB-ZA3 is in 12 of 12 failures: 12 of its 12 failed, 0 of 108 others"
    )


def test_an_hour_is_named_when_it_is_the_hour():
    found = find_common_factor(fleet(lambda a, _: a["hour"] == "02h UTC"))
    assert (found.attribute, found.value) == ("hour", "02h UTC")


def test_attributes_that_mean_the_same_things_are_both_told():
    found = find_common_factor(fleet(lambda a, _: a["layout"] == "generic_512"))
    assert found.attribute == "tail"
    assert found.same == (("layout", "generic_512"),)
    assert str(found).endswith("and so is layout generic_512")


def test_failures_at_random_have_no_cause():
    assert find_common_factor(fleet(lambda _, rng: rng.random() < 0.2)) is None


def test_two_failures_say_nothing():
    bad = iter([True, True])
    assert find_common_factor(fleet(lambda _a, _r: next(bad, False))) is None


def test_what_everything_shares_explains_nothing():
    assert find_common_factor(fleet(lambda _a, _r: True)) is None


def test_an_aircraft_of_which_half_is_sound_is_no_clear_cause():
    flip = iter(range(1000))
    found = find_common_factor(fleet(lambda a, _: a["tail"] == "HB-ZA3" and next(flip) % 2 == 0))
    assert found is None


CASES = st.lists(
    st.builds(
        StageSample,
        st.booleans(),
        st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(["a", "b", "c"]), max_size=4),
    ),
    max_size=60,
)


@given(CASES)
def test_an_explanation_holds_what_it_says(cases):
    found = find_common_factor(cases)
    if found is not None:
        having = [c for c in cases if c.attributes.get(found.attribute) == found.value]
        bad = sum(c.failed for c in cases)
        assert (found.with_value, found.failed) == (len(having), bad)
        assert found.failed_with == sum(c.failed for c in having) >= 0.9 * bad
        assert found.others_failed == bad - found.failed_with
        assert found.others == len(cases) - len(having)


@given(CASES, st.randoms())
def test_the_order_of_things_says_nothing(cases, rng):
    shuffled = list(cases)
    rng.shuffle(shuffled)
    assert find_common_factor(shuffled) == find_common_factor(cases)
