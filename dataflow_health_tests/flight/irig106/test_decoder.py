"""IRIG 106 Chapter 10: own small files, damage, and real files against another reader's answers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717 import decoder as arinc717
from dataflow_health.flight.irig106 import decoder
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder, Irig106Recorder
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health_tests.flight.frame_encoder import PLAIN, numbered_words, pack, to_bits
from dataflow_health_tests.flight.irig106.packet_writer import (
    date_time,
    discrete,
    irig_time,
    packet,
    pcm,
    setup,
)
from dataflow_health_tests.flight.irig106.test_packets import DATA

SECOND = 10_000_000
decode = partial(decoder.decode, arinc717.decode)
DISCRETES = Irig106Recorder(kind="irig106", members=("x",))
WITHOUT_COUNTER = PLAIN.model_copy(update={"counter": None})
FRAMES = Irig106Recorder(kind="irig106", members=("x",), pcm_channel=9)


def pcm_file(
    bits: str, *, size: int = 4096, without: Sequence[int] = (), pause: Sequence[int] = ()
) -> bytes:
    """A setup record, a time packet, and a stream in packets of ``size`` bits, others between."""
    bits = bits.ljust(-(-len(bits) // 16) * 16, "0")
    chunks = (bits[at : at + size] for at in range(0, len(bits), size))
    packets = (
        pcm(9, chunk, counter=(6 + at) * SECOND, sequence=at - sum(each < at for each in pause))
        + packet(0x38, 70, b"429 words")
        for at, chunk in enumerate(chunks)
        if at not in without and at not in pause
    )
    return setup() + date_time(5 * SECOND, 2026, 11, 28, 7) + b"".join(packets)


def refusal(raw: bytes, recorder: Irig106Recorder, layout: Layout | None = None):
    with pytest.raises(RecordingRefused) as caught:
        decode(raw, recorder, layout)
    return caught.value


def test_a_pcm_channel_is_read_as_its_stream_alone_would_be():
    bits = to_bits(numbered_words(40))
    found = decode(pcm_file(bits), FRAMES, PLAIN)
    packed = Arinc717Recorder(kind="arinc717", members=("x",), word_packings=("packed",))
    alone = arinc717.decode(pack(bits), packed, PLAIN)
    assert np.array_equal(found.second, alone.second)
    assert list(found.series["serial"].counts[:, 0]) == list(range(40))
    assert found.started_at == datetime(2026, 11, 28, 7, 0, 1, tzinfo=UTC)
    assert found.notes[-1] == "ARINC 429 format 0 (0x38): 8 packets on channel 70"
    assert not any(remark.refuse for remark in assess_quality(found, PLAIN, None))


def test_a_lost_packet_costs_only_its_own_frames():
    raw = bytearray(pcm_file(to_bits(numbered_words(40))))
    at = len(raw) // 2
    raw[at] ^= 1
    found = decode(bytes(raw), FRAMES, PLAIN)
    kept = found.series["serial"].counts[:, 0].tolist()
    assert 28 <= len(kept) < 40
    assert set(kept) <= set(range(40))
    assert any("wrong checksum" in note or "belong to no packet" in note for note in found.notes)


@pytest.mark.parametrize("without", [(3,), (2, 3, 4)])
def test_samples_after_missing_packets_keep_their_second(without):
    bits = to_bits(numbered_words(80))
    whole, found = (decode(pcm_file(bits, without=each), FRAMES, PLAIN) for each in ((), without))
    serial = found.series["serial"]
    at_second = found.second[serial.rows].tolist()
    assert at_second == serial.counts[:, 0].tolist()
    assert at_second[-1] == whole.second[-1] == 79
    assert 5 * len(without) <= found.lost_s <= 5 * len(without) + 4
    assert any(f"{len(without)} packets by their sequence" in note for note in found.notes)


def test_a_paused_recording_is_not_refused_and_its_pause_is_not_lost():
    bits = to_bits(numbered_words(400))
    found = decode(pcm_file(bits, size=768, pause=range(20, 370)), FRAMES, PLAIN)
    assert (found.duration_s, int(found.second[-1])) == (400, 399)
    assert found.lost_s <= 4
    assert sum(region.length for region in found.unsynced) < 4 * 96
    checks = [each.check for each in assess_quality(found, PLAIN, None) if each.refuse]
    assert checks == []


def test_discrete_bits_are_parameters_at_their_events():
    events = discrete(54, (6 * SECOND, 0b01), (8 * SECOND, 0b10), (8 * SECOND + 5, 0b11), width=2)
    found = decode(setup() + irig_time(5 * SECOND, 97, 9, 3, 6) + events, DISCRETES, None)
    assert list(found.series) == ["channel_54_bit_1", "channel_54_bit_2"]
    first, second = found.series.values()
    assert (first.rows.tolist(), first.counts[:, 0].tolist()) == ([1, 3], [1, 1])
    assert second.counts[:, 0].tolist() == [0, 1]
    assert (found.duration_s, found.clock_s, found.started_at) == (4, 9 * 3600 + 186, None)
    assert found.encoding == "irig106"


NO_DISCRETES = setup() + packet(0x19, 87, b"1553")


@pytest.mark.parametrize(
    ("raw", "recorder", "reason", "detail"),
    [
        (b"", DISCRETES, "no_sync", "0.0% of the bytes are in packets of IRIG 106"),
        (bytes(900) + setup(), DISCRETES, "no_sync", "of the bytes"),
        (NO_DISCRETES, DISCRETES, "no_decodable_channel", "MIL-STD-1553 format 1 (0x19): 1 packet"),
        (NO_DISCRETES, FRAMES, "no_decodable_channel", "channel 9 has no PCM packet"),
        (pcm(9, "1" * 16, mode=0), FRAMES, "pcm_not_throughput", "PCM format 1 (0x09): 1 packet"),
        (pcm_file("0" * 999), FRAMES, "no_layout", "no layout is declared"),
        (discrete(54, (0, 1), (2**47, 1)), DISCRETES, "clock_damaged", "time counters span"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_format(raw, recorder, reason, detail):
    refused = refusal(raw, recorder)
    assert refused.reason == reason
    assert detail in refused.detail


def test_a_recorder_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="arinc717"):
        decode(b"", Arinc717Recorder(kind="arinc717", members=("x",)), None)


SMALL = (
    pcm_file(to_bits(numbered_words(12)), size=1600),
    irig_time(0, 97, 9, 3, 6) + discrete(54, (9, 5), (SECOND, 1)) + discrete(55),
)


@given(st.sampled_from(SMALL), st.binary(max_size=40), st.floats(0, 1), st.integers(0, 99))
def test_damaged_files_are_decoded_or_refused(raw, noise, share, cut):
    at = int(share * len(raw))
    damaged = raw[:at] + noise + raw[at + cut :]
    for recorder in (FRAMES, DISCRETES):
        assert duration_s(damaged, recorder) > 0


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(raw):
    assert duration_s(packet(0x29, 5, raw) + raw, DISCRETES) > 0


def duration_s(raw: bytes, recorder: Irig106Recorder) -> int:
    """Seconds decoded; 1 for a refusal."""
    try:
        found: DecodedRecording = decode(raw, recorder, PLAIN)
    except RecordingRefused:
        return 1
    return found.duration_s


@pytest.mark.skipif(not DATA.exists(), reason="the real recordings lie beside the repository")
def test_discretes_of_a_real_file_are_those_of_another_reader():
    found = decode((DATA / "discrete.c10").read_bytes(), DISCRETES, None)
    assert (found.duration_s, found.clock_s) == (62, 21 * 3600 + 19 * 60 + 56)
    assert len(found.series) == 64
    for series in found.series.values():
        assert (series.rows.tolist(), series.counts.tolist()) == ([1], [[1]])


@pytest.mark.skipif(not DATA.exists(), reason="the real recordings lie beside the repository")
def test_a_real_file_without_discretes_is_refused_with_all_its_formats():
    refused = refusal((DATA / "pcm.c10").read_bytes(), DISCRETES)
    assert refused.reason == "no_decodable_channel"
    for line in ("PCM format 1 (0x09): 7 packets on channels 51-56", "video format 0 (0x40)"):
        assert line in refused.detail
