"""Whole recordings, written by a bit-at-a-time encoder, damaged and decoded."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import SYNC_WORDS, Clock, Layout, Parameter
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder, CsvRecorder
from dataflow_health.flight.recording import MARKED_DATA, MISSING, STUCK_COUNTER, DecodedRecording
from dataflow_health_tests.flight.frame_encoder import (
    ANY_PACKING,
    COUNTER,
    PLAIN,
    Tape,
    encode,
    expected_count,
    layouts,
    numbered_words,
    pack,
    set_bits,
    to_bits,
    write_tape,
)

WORD_PACKINGS = ["le16", "be16", "packed"]


def recorder_of(*word_packings: str) -> Arinc717Recorder:
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
    """Seconds whose words differ from those written under their serial number."""
    serial, whole = decoded.series["serial"], decoded.series["whole"]
    return [
        int(decoded.second[row])
        for row, number, counts in zip(whole.rows, serial.counts[:, 0], whole.counts, strict=True)
        if number >= len(words) or counts.tolist() != words[number][2:-1]
    ]


def misplaced(decoded: DecodedRecording) -> list[tuple[int, int]]:
    """Seconds and serial numbers whose difference is not that of the first one."""
    seconds, serials = decoded.second.tolist(), decoded.series["serial"].counts[:, 0].tolist()
    return [pair for pair in zip(seconds, serials, strict=True) if pair[1] - pair[0] != serials[0]]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    layout=layouts(),
    word_packing=st.sampled_from(WORD_PACKINGS),
    seed=st.integers(0, 2**32 - 1),
    first_subframe=st.integers(1, 4),
    phase=st.integers(0, 15),
)
def test_every_field_written_is_read(layout, word_packing, seed, first_subframe, phase):
    tape = write_tape(layout, 75, seed=seed, first_subframe=first_subframe, phase=phase)
    decoded = decode(encode(tape.words, word_packing), ANY_PACKING, layout)
    assert decoded.encoding == word_packing
    assert decoded.second.tolist() == list(range(75))
    for name, parameter in layout.parameters.items():
        wanted = {
            (second, sample): expected_count(bits, parameter)
            for (of, second, sample), bits in tape.written.items()
            if of == name
        }
        assert counts_of(decoded, name) == wanted


@pytest.mark.parametrize("words", [64, 128, 256, 512, 1024, 2048, 4096, 8192])
@pytest.mark.parametrize("word_packing", WORD_PACKINGS)
def test_every_word_rate_is_read(words, word_packing):
    layout = Layout(words_per_subframe=words, parameters={"last": Parameter(words=[words])})
    tape = numbered_words(6, layout=layout)
    decoded = decode(encode(tape, word_packing), ANY_PACKING, layout)
    assert decoded.series["last"].counts[:, 0].tolist() == list(range(6))


@settings(max_examples=30, deadline=None)
@given(
    before=st.text("01", max_size=40),
    behind=st.text("01", max_size=40),
)
def test_a_packed_stream_is_found_at_any_bit(before, behind):
    words = numbered_words(12)
    decoded = decode(pack(before + to_bits(words) + behind), ANY_PACKING, PLAIN)
    assert decoded.series["serial"].counts[:, 0].tolist()[:11] == list(range(11))
    assert corrupt_subframes(decoded, words) == []


@pytest.mark.slow
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
def test_lost_and_inserted_bits_leave_no_corrupt_subframe(seed, damage):
    """One slip per subframe: no sync word reveals two that cancel each other out."""
    words = numbered_words(120, seed=seed)
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


def test_a_slipped_bit_costs_one_subframe():
    words = numbered_words(40)
    bits = to_bits(words)
    at = 20 * 64 * 12 + 300
    decoded = decode(pack(bits[:at] + bits[at + 1 :]), ANY_PACKING, PLAIN)
    assert sorted(set(range(40)) - set(decoded.second.tolist())) == [20]
    assert [(r.lost_subframes, r.byte_offset) for r in decoded.unsynced] == [(1, 20 * 96)]
    assert decoded.unsynced[0].length == 96


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    at=st.floats(0.1, 0.8),
    size=st.integers(1, 40),
    word_packing=st.sampled_from(WORD_PACKINGS),
    seed=st.integers(0, 2**32 - 1),
)
def test_lost_blocks_leave_a_gap_as_long_as_they_were(at, size, word_packing, seed):
    """Up to the superframe counter's 64 seconds, wherever blocks of 16 bytes are cut out."""
    words = numbered_words(160, seed=seed)
    raw = encode(words, word_packing)
    low = int(at * len(raw)) // 16 * 16
    decoded = decode(raw[:low] + raw[low + 16 * size :], ANY_PACKING, PLAIN)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []


@pytest.mark.parametrize("frames", [1, 2, 7, 15])
def test_the_counter_reveals_whole_frames_lost_in_an_unbroken_stride(frames):
    words = numbered_words(200)
    cut = 80 * 64 * 2 + 50
    raw = encode(words, "le16")
    decoded = decode(raw[:cut] + raw[cut + frames * 4 * 64 * 2 :], ANY_PACKING, PLAIN)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []
    assert decoded.duration_s == 200


def test_the_clock_reveals_a_lost_superframe():
    layout = clock_layout()
    words = clock_tape(layout, 400, datetime(2024, 5, 6, 23, 58, 0, tzinfo=UTC)).words
    raw = encode(words[:100] + words[164:], "packed")
    decoded = decode(raw, ANY_PACKING, layout)
    assert decoded.duration_s == 400
    assert 64 <= decoded.lost_s <= 70
    assert decoded.started_at == datetime(2024, 5, 6, 23, 58, 0, tzinfo=UTC)


def test_time_passes_in_a_zeroed_block_and_not_in_padding():
    layout = Layout(words_per_subframe=64, parameters=PLAIN.parameters)
    words = numbered_words(60)
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
def test_an_erased_block_between_two_sync_words_costs_its_subframe(word_packing, filler):
    layout = Layout(words_per_subframe=1024, parameters={"serial": Parameter(words=[1024])})
    words = numbered_words(24, layout=layout)
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


def test_flags_in_the_top_four_bits_are_no_part_of_a_word():
    words = numbered_words(12)
    flagged = [
        [word | 0x8000 if place == 0 else word for place, word in enumerate(r)] for r in words
    ]
    decoded = decode(encode(flagged, "le16"), ANY_PACKING, PLAIN)
    assert decoded.series["serial"].counts[:, 0].tolist() == list(range(12))


def test_a_header_is_skipped():
    raw = b"\x01" * 37 + encode(numbered_words(12), "packed")
    recorder = Arinc717Recorder(kind="arinc717", members=("x",), header_bytes=37)
    decoded = decode(raw, recorder, PLAIN)
    assert len(decoded.second) == 12
    assert decoded.unsynced == ()


@pytest.mark.parametrize("step", [1, 256])
def test_a_counter_wider_than_four_bits_numbers_frames(step):
    counter = COUNTER.model_copy(update={"bits": (1, 12)})
    parameter = Parameter(words=[5], subframes=[3], frames=[9])
    layout = Layout(words_per_subframe=64, counter=counter, parameters={"p": parameter})
    words = numbered_words(150)
    for second in range(0, 150, 4):
        words[second][1] = (second // 4 + 5) * step % 4096
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert decoded.second[decoded.series["p"].rows].tolist() == [18, 82, 146]


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
    tape = write_tape(layout, seconds, seed=9)
    for second, row in enumerate(tape.words):
        at = datetime.fromtimestamp(start.timestamp() + second, UTC)
        set_bits(row, 10, (1, 5), at.hour)
        set_bits(row, 11, (1, 7), at.minute // 10 << 4 | at.minute % 10)
        set_bits(row, 12, (1, 6), at.second)
        set_bits(row, 13, (1, 6), at.day)
        set_bits(row, 13, (7, 10), at.month)
        set_bits(row, 14, (1, 7), at.year % 100)
    return tape


@pytest.mark.slow
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


def test_a_clock_without_date_is_noted_and_gives_no_start():
    layout = clock_layout()
    layout = layout.model_copy(update={"clock": Clock(hour="h", minute="m", second="s")})
    words = clock_tape(layout, 40, datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)).words
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert (decoded.started_at, decoded.clock_s) == (None, 7 * 3600 + 8 * 60 + 9)
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


def test_without_a_layout_nothing_is_decoded():
    refused = refusal(encode(numbered_words(40), "le16"), layout=None)
    assert refused.reason == "no_layout"
    assert "add one to config/layouts" in refused.detail


def test_a_file_without_subframes_is_refused_with_its_reason():
    assert refusal(bytes(20_000)).reason == "zero_filled"
    assert refusal(b"").reason == "too_short"


def test_two_word_packings_in_one_file_are_refused():
    words = numbered_words(60)
    both = encode(words, "le16") + encode(words, "be16")
    assert refusal(both).reason == "ambiguous_word_packing"
    assert decode(both, recorder_of("le16"), PLAIN).encoding == "le16"


@pytest.mark.parametrize(("other", "is_ambiguous"), [(7, False), (8, True)])
def test_a_word_packing_wins_with_twice_as_many_subframes(other, is_ambiguous):
    """Each run loses its last subframe: 12 stand against 6 or 7, in a file probed whole."""
    raw = encode(numbered_words(13), "le16") + encode(numbered_words(other), "be16")
    raw += random.Random(1).randbytes(64)
    recorder = recorder_of("le16", "be16")
    if is_ambiguous:
        assert refusal(raw, recorder).reason == "ambiguous_word_packing"
    else:
        assert decode(raw, recorder, PLAIN).encoding == "le16"


def test_a_file_whose_probes_hold_no_subframe_is_searched_whole():
    noise = random.Random(1).randbytes(60_000)
    words = encode(numbered_words(8), "packed")
    decoded = decode(noise[:9000] + words + noise[9000:], ANY_PACKING, PLAIN)
    assert len(decoded.second) >= 7


def test_a_counter_that_stands_still_is_noted_and_its_parameters_are_left_out():
    parameters = {"slow": Parameter(words=[5], frames=[3]), "fast": Parameter(words=[6])}
    layout = Layout(words_per_subframe=64, counter=COUNTER, parameters=parameters)
    words = numbered_words(40)
    for row in words:
        row[1] = 0
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert decoded.notes == (STUCK_COUNTER,)
    assert len(decoded.series["slow"].rows) == 0
    assert len(decoded.series["fast"].rows) == 40


def test_a_recorder_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="csv"):
        decode(b"", CsvRecorder(kind="csv", members=("x",), time="t"), PLAIN)


@settings(max_examples=40, deadline=None)
@given(raw=st.binary(max_size=4000))
def test_any_bytes_are_decoded_or_refused(raw):
    try:
        rows = len(decode(raw, ANY_PACKING, PLAIN).second)
    except RecordingRefused:
        rows = 1
    assert rows


def test_arrays_have_the_documented_types_and_shapes():
    words = numbered_words(40)
    bits = to_bits(words)
    at = 20 * 64 * 12 + 300
    decoded = decode(pack(bits[:at] + bits[at + 1 :]), ANY_PACKING, PLAIN)
    for series in decoded.series.values():
        assert series.rows.dtype == np.int32
        assert series.counts.dtype == np.int32
        assert series.counts.shape == (len(series.rows), len(series.offsets_s))
        assert series.rows.max() < len(decoded.second)


@pytest.mark.parametrize(("packing", "high"), [("le16", 1), ("be16", 0)])
@pytest.mark.parametrize("mark", [0x10, 0x20, 0x40, 0x80])
def test_a_subframe_with_a_word_that_the_ground_station_marked_is_left_out(
    packing: str, high: int, mark: int
) -> None:
    raw = bytearray(encode(numbered_words(40), packing))
    for second in (7, 8):
        raw[(second * 64 + 30) * 2 + high] |= mark
    decoded = decode(bytes(raw), recorder_of(packing), PLAIN)
    assert decoded.second.tolist() == [each for each in range(40) if each not in (7, 8)]
    assert decoded.lost_s == 2
    assert decoded.notes == (f"2 subframes {MARKED_DATA}, the first at byte {7 * 128}",)
    details = {each.detail for each in assess_quality(decoded, PLAIN, None)}
    assert decoded.notes[0] in details


def test_bits_above_most_words_are_no_marks() -> None:
    raw = bytearray(encode(numbered_words(40), "le16"))
    for high in range(1, len(raw), 2):
        raw[high] |= 0x80
    decoded = decode(bytes(raw), recorder_of("le16"), PLAIN)
    assert (len(decoded.second), decoded.notes) == (40, ())
