import random

import pytest

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.sync_failure import (
    diagnose_sync_failure,
    refuse_ambiguous_packing,
)
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health_tests.flight.frame_encoder import (
    ANY_PACKING,
    PLAIN,
    encode,
    numbered_words,
    pack,
    to_bits,
)

NOISE = random.Random(5).randbytes(20_000)


def refusal(
    raw: bytes, recorder: Arinc717Recorder = ANY_PACKING, layout: Layout = PLAIN
) -> RecordingRefused:
    refused = diagnose_sync_failure(raw, recorder, layout)
    offset = refused.byte_offset
    assert refused.evidence == raw[offset : offset + 64]
    return refused


def recorder_of(*word_packings: str, header_bytes: int = 0) -> Arinc717Recorder:
    return Arinc717Recorder(
        kind="arinc717", members=("x",), word_packings=word_packings, header_bytes=header_bytes
    )


@pytest.mark.parametrize("size", [0, 2, 191])
def test_a_file_shorter_than_two_subframes_is_too_short(size):
    refused = refusal(NOISE[:size])
    assert refused.reason == "too_short"
    assert refused.detail == f"the file has {size} bytes; two subframes need at least 192"
    assert refusal(NOISE[:192]).reason == "no_sync"


def test_the_header_does_not_count_as_content():
    recorder = recorder_of("le16", header_bytes=300)
    assert refusal(NOISE[:491], recorder).detail.startswith("the file has 191 bytes")
    assert refusal(b"\x12" * 300 + bytes(20_000), recorder).reason == "zero_filled"


@pytest.mark.parametrize(("byte", "reason"), [(b"\0", "zero_filled"), (b"\xff", "ff_filled")])
def test_a_blank_file_has_its_own_reason_up_to_one_byte_in_a_hundred(byte, reason):
    refused = refusal(byte * 9900 + NOISE[:100])
    assert refused.reason == reason
    assert refused.detail == f"the file is blank: 99.0% of 10000 bytes are 0x{byte.hex().upper()}"
    assert refusal(byte * 9890 + b"\x5a" * 110).reason == "no_sync"


def test_a_file_of_another_word_rate_is_refused_with_both_rates():
    other = numbered_words(40, layout=PLAIN.model_copy(update={"words_per_subframe": 128}))
    refused = refusal(b"\0" * 100 + encode(other, "packed"))
    assert refused.reason == "wrong_frame_rate"
    assert refused.detail == (
        "the file has 128 words/s packed as packed; the layout expects 64 words/s"
    )
    assert refused.byte_offset == 100
    assert len(refused.evidence) == 64


@pytest.mark.parametrize("rate", [32, 512, 8192])
def test_every_word_rate_of_the_standard_is_tried(rate):
    layout = Layout(words_per_subframe=rate, parameters={})
    words = numbered_words(9, seed=1, layout=layout)
    refused = refusal(encode(words, "be16"), recorder_of("packed"))
    assert refused.reason == "wrong_frame_rate"
    assert f"{rate} words/s packed as be16" in refused.detail


@pytest.mark.parametrize(
    ("packing", "allowed", "reason"),
    [
        ("be16", ["le16"], "words_byte_swapped"),
        ("le16", ["packed", "be16"], "words_byte_swapped"),
        ("packed", ["le16", "be16"], "wrong_word_packing"),
        ("le16", ["packed"], "wrong_word_packing"),
    ],
)
def test_a_file_of_another_word_packing_is_refused_with_both(packing, allowed, reason):
    refused = refusal(encode(numbered_words(40), packing), recorder_of(*allowed))
    assert refused.reason == reason
    assert refused.detail == (
        f"the file has 64 words/s packed as {packing}; the recorder allows {', '.join(allowed)}"
    )


def test_the_words_are_searched_behind_the_header():
    raw = b"\x05" * 37 + pack(to_bits(numbered_words(40)))
    refused = refusal(raw, recorder_of("le16", header_bytes=37))
    assert (refused.reason, refused.byte_offset) == ("wrong_word_packing", 37)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "a zip archive"),
        (b"\x1f\x8b", "a gzip file"),
        (b"%PDF", "a PDF"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\x7fELF", "a program"),
        (b"\x25\xeb", "an IRIG 106 Chapter 10 recording"),
        (b"<!DOCTYPE html>" + b"login " * 200, "an HTML page"),
        (b"<HTML>" + b"login " * 200, "an HTML page"),
        (b"date,time,speed\r\n\t" + b"1,2,3\n" * 200, "text"),
        (b"\xff" * 5 + b"a" * 507, "text"),
    ],
)
def test_a_file_of_another_kind_is_named(head, kind):
    refused = refusal(head + NOISE)
    assert refused.reason == "foreign_header"
    assert refused.detail == f"the file starts like {kind}, not like words of ARINC 717"


@pytest.mark.parametrize("byte", [b"\x1f", b"\x7f", b"\0"])
def test_bytes_that_are_not_printable_are_no_text(byte):
    assert refusal(byte * 6 + b"a" * 506 + NOISE).reason == "no_sync"
    assert refusal((b" ~\t\r\n" * 200)[:512] + NOISE).reason == "foreign_header"


def test_a_file_without_sync_words_is_refused_with_the_expected_ones():
    refused = refusal(NOISE)
    assert (refused.reason, refused.byte_offset) == ("no_sync", 0)
    assert refused.detail == (
        "sync words 0x247, 0x5B8, 0xA47, 0xDB8 never stand 64 words apart in 20000 bytes, "
        "in any word packing"
    )


def test_an_ambiguous_file_is_refused_with_what_each_word_packing_gives():
    refused = refuse_ambiguous_packing({"le16": 9, "be16": 0, "packed": 8}, NOISE)
    assert (refused.reason, refused.evidence) == ("ambiguous_word_packing", NOISE[:64])
    assert refused.detail == (
        "the file reads in more than one word packing: 9 subframes as le16, "
        "8 subframes as packed; set word_packings of the recorder to the right one"
    )
