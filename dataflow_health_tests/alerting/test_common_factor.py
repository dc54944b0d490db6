"""Common factor of failures: found when one value clearly stands out, and only then."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.alerting.common_factor import (
    ATTRIBUTES,
    MAX_CHANCE,
    CommonFactor,
    StageSample,
    chance,
    find_common_factor,
)


def make_sample(failed, **attributes):
    return StageSample(failed, {"recorder": "generic_rdf", **attributes})


def make_fleet(is_bad, *, count=120):
    """Recordings of ten aircraft, two layouts, six archives, four hours."""
    rng = random.Random(3)
    samples = []
    for number in range(count):
        tail = f"HB-ZA{number % 10}"
        attributes = {
            "tail": tail,
            "layout": "generic_512" if tail == "HB-ZA9" else "generic_256",
            "archive": f"a{rng.randrange(6)}.zip",
            "hour": f"{rng.randrange(4):02}h UTC",
        }
        samples.append(make_sample(is_bad(attributes, rng), **attributes))
    return samples


def test_one_aircraft_is_named_with_its_numbers():
    found = find_common_factor(make_fleet(lambda a, _: a["tail"] == "HB-ZA3"))
    assert str(found) == (
        "12 of 12 failures have tail HB-ZA3: 12 of 12 with it failed, 0 of 108 without it"
    )


def test_an_hour_is_named_when_failures_share_it():
    found = find_common_factor(make_fleet(lambda a, _: a["hour"] == "02h UTC"))
    assert (found.attribute, found.value) == ("hour", "02h UTC")


def test_attributes_that_split_the_samples_alike_are_both_named():
    found = find_common_factor(make_fleet(lambda a, _: a["layout"] == "generic_512"))
    assert found.attribute == "tail"
    assert found.same == (("layout", "generic_512"),)
    assert str(found).endswith("0 of 108 without it; same for layout generic_512")


def test_an_attribute_name_is_written_in_words():
    samples = [make_sample(n < 20, code_version="2" if n < 20 else "1") for n in range(40)]
    assert "have code version 2:" in str(find_common_factor(samples))


def test_random_failures_have_no_common_factor():
    assert find_common_factor(make_fleet(lambda _, rng: rng.random() < 0.2)) is None


@pytest.mark.parametrize(("failures", "found"), [(2, False), (3, True)])
def test_a_common_factor_needs_three_failures(failures, found):
    samples = [
        StageSample(n < failures, {"tail": "HB-A" if n < failures else "HB-B"}) for n in range(400)
    ]
    assert (find_common_factor(samples) is not None) is found


def test_a_value_that_all_samples_share_explains_nothing():
    assert find_common_factor(make_fleet(lambda _a, _r: True)) is None


def test_an_attribute_that_is_not_listed_explains_nothing():
    samples = [StageSample(n < 20, {"mood": "bad" if n < 20 else "good"}) for n in range(200)]
    assert find_common_factor(samples) is None


def two_by_two(failed_with, with_value, failed, total):
    """Samples with one attribute: ``with_value`` have value ``a``, all others ``b``."""
    others_failed = failed - failed_with
    return [
        *(StageSample(n < failed_with, {"tail": "a"}) for n in range(with_value)),
        *(StageSample(n < others_failed, {"tail": "b"}) for n in range(total - with_value)),
    ]


@pytest.mark.parametrize(("failed_with", "found"), [(18, True), (17, False)])
def test_nine_in_ten_failures_must_have_the_value(failed_with, found):
    factor = find_common_factor(two_by_two(failed_with, failed_with, 20, 400))
    assert (factor is not None) is found


@pytest.mark.parametrize(("with_value", "found"), [(25, True), (26, False)])
def test_eight_in_ten_samples_with_the_value_must_have_failed(with_value, found):
    factor = find_common_factor(two_by_two(20, with_value, 20, 400))
    assert (factor is not None) is found


def test_chance_is_fishers_exact_test():
    factor = CommonFactor("tail", "a", 3, 4, 5, 1, 15)
    # Hypergeometric, by hand: (C(5,3) C(15,1) + C(5,4) C(15,0)) / C(20,4).
    assert chance(factor) == pytest.approx((10 * 15 + 5) / 4845)
    nothing_else = CommonFactor("tail", "a", 2, 2, 2, 0, 4)
    assert chance(nothing_else) == pytest.approx(1 / 15)


def test_many_values_tried_make_the_same_split_less_certain():
    few = [StageSample(n < 3, {"tail": "a" if n < 3 else "b"}) for n in range(25)]
    many = [
        StageSample(s.failed, {**s.attributes, "archive": f"{n}.zip"}) for n, s in enumerate(few)
    ]
    # 1 chance in C(25, 3) = 2300: clear for 2 values tried, not for 27.
    factor = find_common_factor(few)
    assert chance(factor) == pytest.approx(1 / 2300)
    assert 2 * chance(factor) < MAX_CHANCE < 27 * chance(factor)
    assert find_common_factor(many) is None


def test_more_failures_then_fewer_sound_samples_then_preference_decide():
    both = [
        StageSample(n < 30, {"tail": "a" if n < 31 else "b", "archive": "x" if n < 30 else "y"})
        for n in range(200)
    ]
    found = find_common_factor(both)
    assert (found.attribute, found.value, found.same) == ("archive", "x", ())
    more = [
        StageSample(n < 30, {"tail": "a" if n < 29 else "b", "archive": "x" if n < 31 else "y"})
        for n in range(200)
    ]
    assert find_common_factor(more).attribute == "archive"


SAMPLES = st.lists(
    st.builds(
        StageSample,
        st.booleans(),
        st.dictionaries(st.sampled_from(ATTRIBUTES), st.sampled_from(["a", "b", "c"]), max_size=4),
    ),
    max_size=60,
)


@given(SAMPLES)
def test_a_common_factor_has_the_numbers_it_says(samples):
    found = find_common_factor(samples)
    if found is not None:
        having = [s for s in samples if s.attributes.get(found.attribute) == found.value]
        failures = sum(s.failed for s in samples)
        assert (found.with_value, found.failed) == (len(having), failures)
        assert found.failed_with == sum(s.failed for s in having) >= 0.9 * failures
        assert found.others_failed == failures - found.failed_with
        assert found.others == len(samples) - len(having)


@given(SAMPLES, st.randoms())
def test_the_order_of_samples_does_not_matter(samples, rng):
    shuffled = list(samples)
    rng.shuffle(shuffled)
    assert find_common_factor(shuffled) == find_common_factor(samples)
