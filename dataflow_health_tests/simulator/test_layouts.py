from collections import Counter
from itertools import pairwise

import pytest

from dataflow_health.simulator.layouts import GENERIC, GENERIC_UPGRADED, generic_layout


@pytest.mark.parametrize("name", [GENERIC, GENERIC_UPGRADED])
def test_no_two_parameters_share_a_bit(name):
    layout = generic_layout(name)
    used = Counter(
        (part.word, bit, subframe, frame)
        for parameter in layout.parameters.values()
        for sample in parameter.samples
        for part in sample
        for bit in range(part.bits[0], part.bits[1] + 1)
        for subframe in part.subframes
        for frame in part.frames or range(16)
    )
    assert layout.counter is not None
    low, high = layout.counter.bits
    used.update(
        (layout.counter.word, bit, layout.counter.subframe, frame)
        for bit in range(low, high + 1)
        for frame in range(16)
    )
    assert max(used.values()) == 1
    assert min(word for word, *_ in used) > 1, "word 1 is the sync word"


def test_samples_are_evenly_spaced_in_the_second():
    layout = generic_layout()
    for name, parameter in layout.parameters.items():
        offsets = parameter.offsets_s(layout.words_per_subframe)
        if len(offsets) > 1 and not parameter.is_text:
            steps = {round(b - a, 9) for a, b in pairwise(offsets)}
            assert steps == {1 / len(offsets)}, name


def test_the_upgraded_layout_has_the_same_parameters_at_the_same_rates():
    old, new = generic_layout(), generic_layout(GENERIC_UPGRADED)
    assert new.words_per_subframe == 2 * old.words_per_subframe
    assert {n: p.rate_hz for n, p in new.parameters.items()} == {
        n: p.rate_hz for n, p in old.parameters.items()
    }


def test_every_coding_and_conversion_is_used():
    parameters = generic_layout().parameters.values()
    assert {p.coding for p in parameters} >= {"bnr", "unsigned", "bcd", "discrete", "characters"}
    assert {p.conversion.kind for p in parameters} == {"linear", "polynomial", "table"}
    assert len(parameters) > 80
