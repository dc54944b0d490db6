import pytest
from pydantic import ValidationError

from dataflow_health.flight.layout import (
    SYNC_WORDS,
    Clock,
    Counter,
    Layout,
    Linear,
    Parameter,
    Part,
    Table,
)


def test_the_sync_words_are_those_of_the_standard_in_octal():
    assert [f"{word:o}" for word in SYNC_WORDS] == ["1107", "2670", "5107", "6670"]


def test_a_part_is_a_whole_word_of_every_subframe_by_default():
    part = Part(word=3)
    assert (part.bits, part.subframes, part.frames, part.width) == ((1, 12), (1, 2, 3, 4), (), 12)
    assert Part(word=3, bits=(4, 9)).width == 6


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"word": 0}, "greater than or equal to 1"),
        ({"word": 8193}, "less than or equal to 8192"),
        ({"word": 1, "bits": (0, 3)}, "greater than or equal to 1"),
        ({"word": 1, "bits": (3, 13)}, "less than or equal to 12"),
        ({"word": 1, "bits": (5, 4)}, r"bits \[5, 4\] must be \[lowest, highest\]"),
        ({"word": 1, "subframes": (5,)}, "less than or equal to 4"),
        ({"word": 1, "subframes": (0,)}, "greater than or equal to 1"),
        ({"word": 1, "frames": (16,)}, "less than or equal to 15"),
        ({"word": 1, "frames": (-1,)}, "greater than or equal to 0"),
        ({"word": 1, "bit": 3}, "Extra inputs are not permitted"),
    ],
)
def test_a_part_outside_the_frame_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Part(**fields)


def test_models_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Part(word=3).word = 4


@pytest.mark.parametrize("counts", [(1, 1), (2, 1)])
def test_the_counts_of_a_table_must_ascend(counts):
    points = [(count, 0) for count in counts]
    with pytest.raises(ValidationError, match="strictly ascending"):
        Table(kind="table", points=points)
    assert Table(kind="table", points=[(1, 5), (2, 5)])


def test_the_short_form_is_one_part_per_sample():
    short = Parameter(words=[3, 67], bits=[2, 9], subframes=[1], frames=[4], unit="ft")
    shared = {"bits": (2, 9), "subframes": (1,), "frames": (4,)}
    assert short.samples == ((Part(word=3, **shared),), (Part(word=67, **shared),))
    assert short == Parameter(unit="ft", samples=short.samples)
    assert short.conversion == Linear(scale=1, offset=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "needs words or samples, and every sample needs a part"),
        ({"words": []}, "needs words or samples"),
        ({"samples": [[]]}, "every sample needs a part"),
        ({"words": [3], "samples": [[{"word": 3}]]}, "give either words or samples, not both"),
        ({"words": 3}, "words must be a list of one-based word numbers"),
        ({"words": [3], "coding": "float"}, "a float needs a place of 32 bits"),
        ({"words": [3], "place": {"frame": 3, "bit": 1, "width": 8}}, "give either place, or"),
        ({"place": {"frame": 0, "bit": 1, "width": 8}}, "greater than or equal to 1"),
        ({"place": {"frame": 3, "bit": 1, "width": 33}}, "at most 32 are allowed"),
        ({"words": [3], "digits": [9]}, "less than or equal to 8"),
        ({"words": [3], "coding": "double"}, "'bnr', 'sign_magnitude', 'unsigned'"),
    ],
)
def test_a_parameter_without_a_clear_location_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Parameter(**fields)


@pytest.mark.parametrize("coding", ["unsigned", "discrete"])
def test_an_unsigned_field_has_at_most_31_bits(coding):
    parts = [{"word": 2, "bits": [1, 8]}, {"word": 3}, {"word": 4}]
    with pytest.raises(ValidationError, match="parts add up to 32 bits, at most 31 are allowed"):
        Parameter(coding=coding, samples=[parts])


def test_a_signed_field_has_at_most_32_bits():
    parts = [{"word": 2, "bits": [1, 9]}, {"word": 3}, {"word": 4}]
    with pytest.raises(ValidationError, match="parts add up to 33 bits, at most 32 are allowed"):
        Parameter(coding="bnr", samples=[parts])
    assert Parameter(coding="characters", samples=[[*parts, *parts]]).is_text


@pytest.mark.parametrize(
    ("fields", "rate_hz"),
    [
        ({"words": [3]}, 1),
        ({"words": [3, 19, 35, 51]}, 4),
        ({"words": [3], "subframes": [1, 3]}, 0.5),
        ({"words": [3], "subframes": [2], "frames": [5]}, 1 / 64),
        ({"words": [3], "frames": [0, 8]}, 1 / 8),
    ],
)
def test_the_rate_follows_from_words_subframes_and_frames(fields, rate_hz):
    assert Parameter(**fields).rate_hz == rate_hz


def test_samples_are_offset_by_their_words():
    assert Parameter(words=[1, 33]).offsets_s(64) == (0, 0.5)


def make_layout(**fields) -> Layout:
    parameters = {"p": Parameter(words=[64])}
    return Layout(**{"words_per_subframe": 64, "parameters": parameters} | fields)


def test_a_layout_has_the_standard_sync_words_and_no_clock_by_default():
    layout = make_layout()
    assert layout.sync_words == SYNC_WORDS
    assert layout.counter is None
    assert set(layout.clock.model_dump().values()) == {None}


@pytest.mark.parametrize("words", [31, 8193])
def test_a_layout_has_32_to_8192_words(words):
    with pytest.raises(ValidationError, match="words_per_subframe"):
        make_layout(words_per_subframe=words)


def test_every_inconsistency_of_a_layout_is_named():
    slow = Parameter(words=[3], frames=[1])
    far = Parameter(samples=[[{"word": 3}, {"word": 65}]])
    with pytest.raises(ValidationError) as caught:
        make_layout(parameters={"slow": slow, "far": far}, clock=Clock(hour="slow", day="day"))
    assert caught.value.errors()[0]["msg"] == (
        "Value error, parameter far: word 65 is outside 1..64; "
        "parameter slow: frames need a superframe counter, and the layout declares none; "
        "clock: day is not a parameter of the layout"
    )
    counter = Counter(word=2)
    assert make_layout(parameters={"slow": slow}, counter=counter, clock=Clock(hour="slow"))


def test_only_a_layout_of_placed_parameters_needs_no_words():
    placed = Parameter.model_validate({"place": {"frame": 3, "bit": 9, "width": 8, "rate_hz": 4}})
    layout = Layout(parameters={"p": placed})
    assert layout.is_arinc767
    assert (placed.width, placed.rate_hz, placed.place.last_bit) == (8, 4, 16)
    mixed = {"p": placed, "q": Parameter.model_validate({"words": [3]})}
    assert not Layout(words_per_subframe=64, parameters=mixed).is_arinc767
    with pytest.raises(ValidationError, match="words_per_subframe is missing"):
        Layout(parameters=mixed)
