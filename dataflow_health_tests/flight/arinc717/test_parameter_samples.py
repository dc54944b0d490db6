import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.flight.arinc717.parameter_samples import extract_series
from dataflow_health.flight.layout import Parameter
from dataflow_health.flight.recording import MISSING
from dataflow_health_tests.flight.arinc717.subframe_factory import make_subframes
from dataflow_health_tests.flight.frame_encoder import (
    expected_count,
    layouts,
    numbered_words,
    set_bits,
    write_tape,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(layout=layouts(), seed=st.integers(0, 2**32 - 1), first_number=st.integers(1, 4),
       first_frame=st.integers(0, 15))  # fmt: skip
def test_every_field_is_read_with_its_row_and_its_count(layout, seed, first_number, first_frame):
    tape = write_tape(layout, 70, seed=seed, first_subframe=first_number, phase=first_frame)
    subframes = make_subframes(tape.words, first_number=first_number, first_frame=first_frame)
    for name, parameter in layout.parameters.items():
        series = extract_series(subframes, parameter)
        expected = {
            (second, sample): expected_count(bits, parameter)
            for (field, second, sample), bits in tape.written.items()
            if field == name
        }
        assert {
            (int(row), sample): int(count)
            for row, counts in zip(series.rows, series.counts, strict=True)
            for sample, count in enumerate(counts)
        } == expected
        assert series.offsets_s == parameter.offsets_s(64)


def counts_of(parameter: Parameter, words: list[list[int]], **given) -> dict[int, list[int]]:
    series = extract_series(make_subframes(words, **given), parameter)
    return dict(zip(series.rows.tolist(), series.counts.tolist(), strict=True))


ACROSS = Parameter(samples=[[{"word": 5, "subframes": [2, 4]}, {"word": 6, "subframes": [1, 3]}]])
SUPER = Parameter(
    samples=[
        [
            {"word": 7, "subframes": [2], "frames": [4]},
            {"word": 8, "subframes": [2], "frames": [3]},
        ]
    ]
)


def test_the_parts_of_a_sample_may_lie_in_several_subframes():
    words = numbered_words(8)
    assert counts_of(ACROSS, words) == {
        row: [words[row][4] << 12 | words[row - 1][5]] for row in (1, 3, 5, 7)
    }


def test_the_parts_of_a_sample_may_lie_in_several_frames_of_the_superframe():
    words = numbered_words(80)
    assert counts_of(SUPER, words, first_frame=0) == {17: [words[17][6] << 12 | words[13][7]]}


def test_a_part_with_fewer_subframes_is_shared_by_its_neighbours():
    shared = Parameter(
        samples=[[{"word": 5, "subframes": [1, 2, 3, 4]}, {"word": 6, "subframes": [2, 4]}]]
    )
    words = numbered_words(4)
    assert counts_of(shared, words) == {
        row: [words[row][4] << 12 | words[row | 1][5]] for row in range(4)
    }


@pytest.mark.parametrize(("lost", "rows"), [(0, [3, 5, 7]), (1, [3, 5, 7]), (2, [1, 5, 7])])
def test_a_sample_of_which_a_part_is_lost_is_left_out(lost, rows):
    words = numbered_words(8)
    seconds = [second for second in range(8) if second != lost]
    kept = counts_of(ACROSS, [words[second] for second in seconds], second=seconds)
    assert [seconds[row] for row in kept] == rows


def test_a_part_in_a_frame_of_unknown_number_is_left_out():
    assert counts_of(SUPER, numbered_words(80)) == {}
    single = Parameter(words=[5], subframes=[2], frames=[15])
    assert counts_of(single, numbered_words(80)) == {}
    words = numbered_words(80)
    assert counts_of(single, words, first_frame=0) == {61: [words[61][4]]}


def test_samples_of_different_subframes_share_rows():
    parameter = Parameter(
        samples=[[{"word": 5, "subframes": [1]}], [{"word": 9, "subframes": [1, 3]}]]
    )
    words = numbered_words(8)
    assert counts_of(parameter, words) == {
        0: [words[0][4], words[0][8]],
        2: [MISSING, words[2][8]],
        4: [words[4][4], words[4][8]],
        6: [MISSING, words[6][8]],
    }


def test_texts_of_samples_in_different_subframes_share_one_list():
    parameter = Parameter(
        coding="characters",
        samples=[
            [{"word": 5, "bits": [1, 8], "subframes": [1]}],
            [{"word": 6, "bits": [1, 8], "subframes": [3]}],
        ],
    )
    words = [[0] * 8 for _ in range(8)]
    for second, word, letter in ((0, 5, "B"), (2, 6, "A"), (4, 5, "A"), (6, 6, "C")):
        words[second][word - 1] = ord(letter)
    series = extract_series(make_subframes(words), parameter)
    assert series.rows.tolist() == [0, 2, 4, 6]
    first, second = ([None if c == MISSING else series.text[c] for c in column]
                     for column in series.counts.T.tolist())  # fmt: skip
    assert (first, second) == (["B", None, "A", None], [None, "A", None, "C"])


def test_rows_of_invalid_digits_only_are_left_out():
    parameter = Parameter(words=[2, 4], bits=[1, 4], coding="bcd")
    words = [[0, 9, 0, 5], [0, 10, 0, 11], [0, 10, 0, 3]]
    assert counts_of(parameter, words) == {0: [9, 5], 2: [MISSING, 3]}


def test_characters_in_several_words_and_frames_are_one_text():
    seven_bits = {"bits": [2, 8], "subframes": [1], "frames": [0]}
    parameter = Parameter(
        coding="characters",
        samples=[
            [
                {"word": 5} | seven_bits,
                {"word": 6} | seven_bits,
                {"word": 9, "bits": [2, 8], "subframes": [4], "frames": [7]},
            ]
        ],
    )
    words = numbered_words(130)
    for start in (0, 64):
        set_bits(words[start], 5, (2, 8), ord("H"))
        set_bits(words[start], 6, (2, 8), ord("B"))
        set_bits(words[start + 31], 9, (2, 8), ord("7"))
    series = extract_series(make_subframes(words, first_frame=0), parameter)
    assert [series.text[count] for count in series.counts[:, 0]] == ["HB7", "HB7"]
    assert series.rows.tolist() == [0, 64]


def test_a_character_may_span_two_words():
    parameter = Parameter(coding="characters", samples=[[{"word": 2}, {"word": 3}]])
    bits = "".join(f"{ord(letter):08b}" for letter in "HB7")
    series = extract_series(make_subframes([[0, int(bits[:12], 2), int(bits[12:], 2)]]), parameter)
    assert series.text == ("HB7",)


def test_a_field_of_32_bits_is_a_count():
    parts = [{"word": 2, "bits": [1, 8]}, {"word": 3}, {"word": 4}]
    parameter = Parameter(coding="bnr", samples=[parts])
    assert counts_of(parameter, [[0, 0x80, 0, 1], [0, 0x7F, 0xFFF, 0xFFF]]) == {
        0: [-(2**31) + 1],
        1: [2**31 - 1],
    }


def test_a_parameter_that_is_never_received_has_no_rows():
    parameter = Parameter(words=[2, 4], subframes=[4])
    series = extract_series(make_subframes([[0] * 8] * 3), parameter)
    assert series.counts.shape == (0, 2)
