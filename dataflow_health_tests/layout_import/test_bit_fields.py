from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.layout import Part
from dataflow_health.layout_import.bit_fields import (
    BitField,
    clip_bits,
    drop_duplicates,
    group_samples,
    missing_bits,
    overlapping_bits,
    to_samples,
    trim_overlaps,
)

ALL = (1, 2, 3, 4)


def bits(top: int, width: int = 4, word: int = 20, **given) -> BitField:
    return BitField(**{"word": word, "low": 1, "high": width, "top": top, "subframes": ALL} | given)


@st.composite
def bit_fields(draw: st.DrawFn) -> BitField:
    low = draw(st.integers(1, 12))
    return bits(draw(st.integers(12, 30)), low=low, high=draw(st.integers(low, 12)))


def value_bits(field: BitField) -> dict[int, int]:
    """Bit of the word by bit of the value."""
    return {field.top - step: field.high - step for step in range(field.high - field.low + 1)}


@given(bit_fields(), st.integers(1, 30), st.integers(1, 30))
def test_clipping_keeps_the_bits_between_two_limits_where_they_are(field, top, bottom):
    clipped = clip_bits(field, top, bottom)
    expected = {bit: place for bit, place in value_bits(field).items() if bottom <= bit <= top}
    assert (value_bits(clipped) if clipped else {}) == expected


@given(st.lists(bit_fields(), min_size=1, max_size=5))
def test_trimming_leaves_every_value_bit_once_and_to_the_least_significant_field(fields):
    trimmed = trim_overlaps(fields)
    covered = [bit for field in trimmed for bit in value_bits(field)]
    assert covered == sorted(set(covered), reverse=True)
    lowest = min(fields, key=lambda field: field.bottom)
    assert trimmed[-1] == lowest
    assert max(covered) == max(field.top for field in fields)


@given(st.lists(bit_fields(), min_size=1, max_size=5))
def test_missing_and_overlapping_bits_are_those_in_no_field_and_in_several(fields):
    counts = {bit: sum(bit in value_bits(f) for f in fields) for bit in range(1, 31)}
    low, high = min(f.bottom for f in fields), max(f.top for f in fields)
    assert missing_bits(fields) == tuple(b for b in range(low, high) if counts[b] == 0)
    assert overlapping_bits(fields) == tuple(bit for bit in counts if counts[bit] > 1)


def test_a_new_sample_begins_where_a_bit_of_the_value_comes_again():
    fields = [bits(8), bits(4), bits(8, word=60), bits(4, word=60)]
    assert group_samples(fields) == [fields[:2], fields[2:]]
    assert group_samples([]) == []


def test_duplicates_are_dropped_in_order():
    assert drop_duplicates([bits(8), bits(4), bits(8)]) == (bits(8), bits(4))


def test_samples_come_in_time_order_with_their_repetitions():
    late = bits(12, width=12, word=40)
    fast = bits(12, width=12, word=3, times=4, spacing=16)
    samples = to_samples([[late], [fast]])
    assert [sample[0].word for sample in samples] == [3, 19, 35, 40, 51]
    assert samples[3] == (Part(word=40),)


def test_samples_that_differ_in_the_subframe_only_are_one():
    first, third = bits(4, subframes=(1,)), bits(4, subframes=(3,))
    (sample,) = to_samples([[third], [first]])
    assert sample == (Part(word=20, bits=(1, 4), subframes=(1, 3)),)


def test_samples_of_different_frames_or_over_several_subframes_stay_apart():
    first, third = bits(4, subframes=(1,), frames=(0,)), bits(4, subframes=(3,), frames=(8,))
    assert len(to_samples([[first], [third]])) == 2
    split = [bits(8, subframes=(1,)), bits(4, word=21, subframes=(2,))]
    other = [replace(split[0], subframes=(3,)), replace(split[1], subframes=(4,))]
    assert len(to_samples([split, other])) == 2
