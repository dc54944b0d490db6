"""Round trips of the ARINC 717 decoder against a bit-at-a-time encoder."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import SYNC_WORDS, Clock, Layout, Parameter
from dataflow_health.flight.recorder import Arinc717Recorder, CsvRecorder
from dataflow_health.flight.recording import MISSING, DecodedRecording
from dataflow_health_tests.flight.strategies import (
    ANY_PACKING,
    COUNTER,
    PLAIN,
    Tape,
    encode,
    layouts,
    meaning,
    numbered,
    pack,
    set_bits,
    to_bits,
    write,
)

WORD_PACKINGS = ["le16", "be16", "packed"]


def only(*word_packings: str) -> Arinc717Recorder:
    return Arinc717Recorder(kind="arinc717", members=("x",), word_packings=word_packings)


def counts_of(decoded: DecodedRecording, name: str) -> dict[tuple[int, int], int]:
    series = decoded.series[name]
    return {
        (int(decoded.second[row]), sample): int(count)
        for row, counts in zip(series.rows, series.counts, strict=True)
        for sample, count in enumerate(counts)
        if count != MISSING
    }


def corrupt_subframes(decoded: DecodedRecording, words: list[list[int]]) -> list[int]:
    """Seconds whose words are not those that were written under the serial number they carry."""
    serial, whole = decoded.series["serial"], decoded.series["whole"]
    return [
        int(decoded.second[row])
        for row, number, counts in zip(whole.rows, serial.counts[:, 0], whole.counts, strict=True)
        if number >= len(words) or counts.tolist() != words[number][2:-1]
    ]


def misplaced(decoded: DecodedRecording) -> list[tuple[int, int]]:
    """Seconds that do not follow the serial numbers as the first one does."""
    seconds, serials = decoded.second.tolist(), decoded.series["serial"].counts[:, 0].tolist()
    return [pair for pair in zip(seconds, serials, strict=True) if pair[1] - pair[0] != serials[0]]


@settings(max_examples=60, deadline=None)
@given(
    layout=layouts(),
    word_packing=st.sampled_from(WORD_PACKINGS),
    seed=st.integers(0, 2**32 - 1),
    first_subframe=st.integers(1, 4),
    phase=st.integers(0, 15),
)
def test_every_field_written_is_read(layout, word_packing, seed, first_subframe, phase):
    tape = write(layout, 75, seed=seed, first_subframe=first_subframe, phase=phase)
    decoded = decode(encode(tape.words, word_packing), ANY_PACKING, layout)
    assert decoded.encoding == word_packing
    assert decoded.second.tolist() == list(range(75))
    for name, parameter in layout.parameters.items():
        wanted = {
            (second, sample): meaning(bits, parameter)
            for (of, second, sample), bits in tape.written.items()
            if of == name
        }
        assert counts_of(decoded, name) == wanted


@pytest.mark.parametrize("words", [64, 128, 256, 512, 1024, 2048, 4096, 8192])
@pytest.mark.parametrize("word_packing", WORD_PACKINGS)
def test_every_word_rate_is_read(words, word_packing):
    layout = Layout(words_per_subframe=words, parameters={"last": Parameter(words=[words])})
    tape = numbered(6, layout=layout)
    decoded = decode(encode(tape, word_packing), ANY_PACKING, layout)
    assert decoded.series["last"].counts[:, 0].tolist() == list(range(6))


@settings(max_examples=30, deadline=None)
@given(
    before=st.text("01", max_size=40),
    behind=st.text("01", max_size=40),
)
def test_a_packed_stream_is_found_at_any_bit(before, behind):
    words = numbered(12)
    decoded = decode(pack(before + to_bits(words) + behind), ANY_PACKING, PLAIN)
    assert decoded.series["serial"].counts[:, 0].tolist()[:11] == list(range(11))
    assert corrupt_subframes(decoded, words) == []


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    damage=st.dictionaries(
        st.integers(3, 116),
        st.tuples(st.integers(0, 760), st.integers(-30, 30).filter(bool)),
        min_size=1,
        max_size=5,
    ),
)
def test_lost_and_inserted_bits_keep_no_corrupt_subframe(seed, damage):
    """One slip a subframe: two that cancel each other out cannot be seen by any sync word."""
    words = numbered(120, seed=seed)
    bits = to_bits(words)
    noise = random.Random(seed)
    for subframe, (bit, size) in sorted(damage.items(), reverse=True):
        at = subframe * 768 + bit
        added = "".join(noise.choices("01", k=max(size, 0)))
        bits = bits[:at] + added + bits[at + max(-size, 0) :]
    decoded = decode(pack(bits), ANY_PACKING, PLAIN)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []
    assert len(decoded.second) >= 120 - 4 * len(damage) - 1
    assert decoded.lost_s == decoded.duration_s - len(decoded.second)


@pytest.mark.parametrize("lost", [-128, 128])
def test_data_that_look_like_the_sync_word_due_do_not_save_a_cut_subframe(lost):
    """Bits lost or added in subframe 20 move the next one, and noise stands in its place."""
    words = numbered(40)
    bits = to_bits(words)
    cut, due = 20 * 768 + 300, 21 * 768
    bits = bits[:cut] + ("01" * 64 + bits[cut:] if lost > 0 else bits[cut - lost :])
    bits = bits[:due] + to_bits([[PLAIN.sync_words[1]]]) + bits[due + 12 :]
    decoded = decode(pack(bits), ANY_PACKING, PLAIN)
    assert 20 not in decoded.second
    assert {19, 23} <= set(decoded.second.tolist())


@pytest.mark.parametrize("lost", [-40, 40])
def test_data_that_look_like_an_earlier_sync_word_do_not_begin_a_run(lost):
    """A subframe before the first sync word behind the slip, noise looks like one."""
    words = numbered(40)
    bits = to_bits(words)
    cut = 20 * 768 + 300
    bits = bits[:cut] + ("01" * 20 + bits[cut:] if lost > 0 else bits[cut - lost :])
    seeming = 20 * 768 + lost
    bits = bits[:seeming] + to_bits([[PLAIN.sync_words[0]]]) + bits[seeming + 12 :]
    decoded = decode(pack(bits), ANY_PACKING, PLAIN)
    assert 20 not in decoded.second
    assert {18, 21, 22} <= set(decoded.second.tolist())
    assert misplaced(decoded) == []


def test_a_slipped_bit_loses_one_subframe_only():
    words = numbered(40)
    bits = to_bits(words)
    at = 20 * 64 * 12 + 300
    decoded = decode(pack(bits[:at] + bits[at + 1 :]), ANY_PACKING, PLAIN)
    assert sorted(set(range(40)) - set(decoded.second.tolist())) == [20]
    assert [(r.lost_subframes, r.byte_offset) for r in decoded.unsynced] == [(1, 20 * 96)]
    assert decoded.unsynced[0].length == 96


@settings(max_examples=40, deadline=None)
@given(
    at=st.floats(0.1, 0.8),
    size=st.integers(1, 40),
    word_packing=st.sampled_from(WORD_PACKINGS),
    seed=st.integers(0, 2**32 - 1),
)
def test_lost_blocks_leave_a_gap_as_long_as_they_were(at, size, word_packing, seed):
    """Up to the superframe counter's 64 seconds, wherever blocks of 16 bytes are cut out."""
    words = numbered(160, seed=seed)
    raw = encode(words, word_packing)
    low = int(at * len(raw)) // 16 * 16
    decoded = decode(raw[:low] + raw[low + 16 * size :], ANY_PACKING, PLAIN)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []


@pytest.mark.parametrize("frames", [1, 2, 7, 15])
def test_whole_frames_lost_in_an_unbroken_stride_are_seen_by_the_counter(frames):
    words = numbered(200)
    cut = 80 * 64 * 2 + 50
    raw = encode(words, "le16")
    decoded = decode(raw[:cut] + raw[cut + frames * 4 * 64 * 2 :], ANY_PACKING, PLAIN)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []
    assert decoded.duration_s == 200


def test_a_lost_superframe_is_seen_by_the_clock():
    layout = clock_layout()
    words = clock_tape(layout, 400, datetime(2024, 5, 6, 23, 58, 0, tzinfo=UTC)).words
    raw = encode(words[:100] + words[164:], "packed")
    decoded = decode(raw, ANY_PACKING, layout)
    assert decoded.duration_s == 400
    assert 64 <= decoded.lost_s <= 70
    assert decoded.started_at == datetime(2024, 5, 6, 23, 58, 0, tzinfo=UTC)


def test_a_zeroed_block_is_time_that_passed_and_padding_is_not():
    layout = Layout(words_per_subframe=64, parameters=PLAIN.parameters)
    words = numbered(60)
    raw = bytearray(encode(words, "le16"))
    raw[20 * 128 + 5 : 24 * 128 + 9] = bytes(4 * 128 + 4)
    decoded = decode(bytes(raw), ANY_PACKING, layout)
    assert misplaced(decoded) == []
    padded = encode(words[:24], "le16") + b"\xff" * 500 + encode(words[24:], "le16")
    decoded = decode(padded, ANY_PACKING, layout)
    assert misplaced(decoded) == []
    assert decoded.unsynced[0].byte_offset == 23 * 128


@pytest.mark.parametrize("filler", [b"\0", b"\xff"])
@pytest.mark.parametrize("word_packing", WORD_PACKINGS)
def test_an_erased_block_between_two_sync_words_spoils_its_subframe(word_packing, filler):
    layout = Layout(words_per_subframe=1024, parameters={"serial": Parameter(words=[1024])})
    words = numbered(24, layout=layout)
    for row in words:
        row[700:1000] = [0] * 300 if row[0] == SYNC_WORDS[1] else row[700:1000]
    raw = encode(words, word_packing)
    size = len(raw) // 24
    at = 10 * size + size // 4
    decoded = decode(raw[:at] + filler * 512 + raw[at + 512 :], ANY_PACKING, layout)
    assert sorted(set(range(24)) - set(decoded.second.tolist())) == [10]
    assert misplaced_serials(decoded) == []
    assert [(r.byte_offset, r.length) for r in decoded.unsynced] == [(10 * size, size)]


def misplaced_serials(decoded: DecodedRecording) -> list[int]:
    serials = decoded.series["serial"].counts[:, 0]
    return np.flatnonzero(serials != decoded.second).tolist()


def test_flags_in_the_top_nibble_are_no_part_of_a_word():
    words = numbered(12)
    flagged = [
        [word | 0x8000 if place == 0 else word for place, word in enumerate(r)] for r in words
    ]
    decoded = decode(encode(flagged, "le16"), ANY_PACKING, PLAIN)
    assert decoded.series["serial"].counts[:, 0].tolist() == list(range(12))


def test_a_header_is_skipped():
    raw = b"\x01" * 37 + encode(numbered(12), "packed")
    recorder = Arinc717Recorder(kind="arinc717", members=("x",), header_bytes=37)
    decoded = decode(raw, recorder, PLAIN)
    assert len(decoded.second) == 12
    assert decoded.unsynced == ()


@pytest.mark.parametrize("step", [1, 256])
def test_a_counter_wider_than_four_bits_numbers_frames(step):
    counter = COUNTER.model_copy(update={"bits": (1, 12)})
    parameter = Parameter(words=[5], subframes=[3], frames=[9])
    layout = Layout(words_per_subframe=64, counter=counter, parameters={"p": parameter})
    words = numbered(150)
    for second in range(0, 150, 4):
        words[second][1] = (second // 4 + 5) * step % 4096
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert decoded.second[decoded.series["p"].rows].tolist() == [18, 82, 146]


def test_parts_in_several_subframes_and_frames_are_one_sample():
    given = {
        "across": [[{"word": 5, "subframes": [2, 4]}, {"word": 6, "subframes": [1, 3]}]],
        "super": [
            [
                {"word": 7, "subframes": [2], "frames": [4]},
                {"word": 8, "subframes": [2], "frames": [3]},
            ]
        ],
    }
    parameters = {name: Parameter(samples=samples) for name, samples in given.items()}
    layout = Layout(words_per_subframe=64, counter=COUNTER, parameters=parameters)
    words = write(layout, 80, seed=3).words
    decoded = decode(encode(words, "packed"), ANY_PACKING, layout)
    assert counts_of(decoded, "across") == {
        (second, 0): words[second][4] << 12 | words[second - 1][5] for second in range(1, 80, 2)
    }
    assert counts_of(decoded, "super") == {(17, 0): words[17][6] << 12 | words[13][7]}


def test_samples_of_unlike_subframes_share_rows():
    samples = [[{"word": 5, "subframes": [1]}], [{"word": 9, "subframes": [1, 3]}]]
    layout = Layout(words_per_subframe=64, parameters={"p": Parameter(samples=samples)})
    words = write(layout, 8, seed=1).words
    series = decode(encode(words, "le16"), ANY_PACKING, layout).series["p"]
    assert series.rows.tolist() == [0, 2, 4, 6]
    assert series.counts[:, 1].tolist() == [words[row][8] for row in (0, 2, 4, 6)]
    assert series.counts[:, 0].tolist() == [words[0][4], MISSING, words[4][4], MISSING]


def test_characters_over_words_subframes_and_the_superframe_are_one_text():
    samples = [
        [
            *(
                {"word": 5 + place, "bits": [2, 8]} | {"subframes": [1], "frames": [0]}
                for place in (0, 1)
            ),
            {"word": 9, "bits": [2, 8], "subframes": [4], "frames": [7]},
        ]
    ]
    layout = Layout(
        words_per_subframe=64,
        counter=COUNTER,
        parameters={"tail": Parameter(coding="characters", samples=samples)},
    )
    words = write(layout, 130, seed=1).words
    for start in (0, 64):
        set_bits(words[start], 5, (2, 8), ord("H"))
        set_bits(words[start], 6, (2, 8), ord("B"))
        set_bits(words[start + 31], 9, (2, 8), ord("7"))
    series = decode(encode(words, "packed"), ANY_PACKING, layout).series["tail"]
    assert [series.text[count] for count in series.counts[:, 0]] == ["HB7", "HB7"]
    assert series.rows.tolist() == [0, 64]


def clock_layout() -> Layout:
    return Layout(
        words_per_subframe=64,
        counter=COUNTER,
        clock=Clock(hour="h", minute="m", second="s", day="d", month="mo", year="y"),
        parameters={
            "h": Parameter(words=[10], bits=[1, 5], subframes=[1]),
            "m": Parameter(words=[11], bits=[1, 7], subframes=[1], coding="bcd"),
            "s": Parameter(words=[12], bits=[1, 6]),
            "d": Parameter(words=[13], bits=[1, 6], subframes=[2]),
            "mo": Parameter(words=[13], bits=[7, 10], subframes=[2]),
            "y": Parameter(words=[14], bits=[1, 7], subframes=[2]),
        },
    )


def clock_tape(layout: Layout, seconds: int, start: datetime) -> Tape:
    tape = write(layout, seconds, seed=9)
    for second, row in enumerate(tape.words):
        at = datetime.fromtimestamp(start.timestamp() + second, UTC)
        set_bits(row, 10, (1, 5), at.hour)
        set_bits(row, 11, (1, 7), at.minute // 10 << 4 | at.minute % 10)
        set_bits(row, 12, (1, 6), at.second)
        set_bits(row, 13, (1, 6), at.day)
        set_bits(row, 13, (7, 10), at.month)
        set_bits(row, 14, (1, 7), at.year % 100)
    return tape


@settings(max_examples=25, deadline=None)
@given(
    start=st.datetimes(datetime(1985, 1, 1), datetime(2078, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    dropouts=st.sets(st.integers(0, 299), max_size=40),
)
def test_the_start_is_voted_on_through_rollover_and_dropouts(start, dropouts):
    start = start.replace(microsecond=0)
    layout = clock_layout()
    words = clock_tape(layout, 300, start).words
    for second in dropouts:
        words[second][9:14] = [0, 0, 0, 0, 0]
    decoded = decode(encode(words, "packed"), ANY_PACKING, layout)
    assert decoded.started_at == start
    assert decoded.second.tolist() == list(range(300))


def test_a_clock_without_date_is_noted_and_tells_no_start():
    layout = clock_layout()
    layout = layout.model_copy(update={"clock": Clock(hour="h", minute="m", second="s")})
    words = clock_tape(layout, 40, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)).words
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert decoded.started_at is None
    assert decoded.notes == ("start time unknown: the clock starts at 7:08:09, without a date",)


def test_a_clock_set_in_flight_is_no_gap():
    layout = clock_layout()
    early = clock_tape(layout, 200, datetime(2024, 5, 6, 7, 0, 0, tzinfo=UTC)).words
    late = clock_tape(layout, 400, datetime(2024, 5, 6, 7, 0, 37, tzinfo=UTC)).words
    decoded = decode(encode(early + late[200:], "le16"), ANY_PACKING, layout)
    assert decoded.lost_s == 0


def refusal(raw: bytes, recorder: Arinc717Recorder = ANY_PACKING, layout: Layout | None = PLAIN):
    with pytest.raises(RecordingRefused) as caught:
        decode(raw, recorder, layout)
    assert caught.value.detail
    return caught.value


def test_each_kind_of_unreadable_file_has_its_own_reason():
    noise = random.Random(5).randbytes(20_000)
    words = numbered(40)
    other = numbered(40, layout=PLAIN.model_copy(update={"words_per_subframe": 128}))
    assert refusal(bytes(20_000)).reason == "zero_filled"
    assert refusal(b"\xff" * 20_000).reason == "ff_filled"
    assert refusal(noise).reason == "no_sync"
    assert refusal(b"\x12\x34").reason == "too_short"
    assert refusal(b"").reason == "too_short"
    assert refusal(b"<!DOCTYPE html><html>login</html>" * 99).reason == "foreign_header"
    assert refusal(b"PK\x03\x04" + noise).reason == "foreign_header"
    assert refusal(encode(words, "be16"), only("le16")).reason == "words_byte_swapped"
    assert refusal(encode(words, "packed"), only("le16")).reason == "wrong_word_packing"
    assert refusal(encode(words, "le16"), layout=None).reason == "no_layout"
    swapped = refusal(b"\0" * 100 + encode(other, "packed"))
    assert swapped.reason == "wrong_frame_rate"
    assert "128 words/s" in swapped.detail
    assert "64 words/s" in swapped.detail
    assert swapped.byte_offset == 100
    assert len(swapped.evidence) == 64


def test_two_word_packings_in_one_file_are_an_error_not_a_guess():
    words = numbered(60)
    both = encode(words, "le16") + encode(words, "be16")
    assert refusal(both).reason == "ambiguous_word_packing"
    assert decode(both, only("le16"), PLAIN).encoding == "le16"


def test_a_recorder_of_another_kind_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="csv"):
        decode(b"", CsvRecorder(kind="csv", members=("x",)), PLAIN)


@settings(max_examples=40, deadline=None)
@given(raw=st.binary(max_size=4000))
def test_no_bytes_raise_anything_but_a_refusal(raw):
    try:
        rows = len(decode(raw, ANY_PACKING, PLAIN).second)
    except RecordingRefused:
        rows = 1
    assert rows


def test_rows_and_seconds_fit_together():
    words = numbered(40)
    bits = to_bits(words)
    at = 20 * 64 * 12 + 300
    decoded = decode(pack(bits[:at] + bits[at + 1 :]), ANY_PACKING, PLAIN)
    for series in decoded.series.values():
        assert series.rows.dtype == np.int32
        assert series.counts.dtype == np.int32
        assert series.counts.shape == (len(series.rows), len(series.offsets_s))
        assert series.rows.max() < len(decoded.second)
