import pytest

from dataflow_health.flight.irig106 import bit_stream
from dataflow_health.flight.irig106.bit_stream import join_pieces
from dataflow_health.flight.irig106.payloads import StreamPiece

SECOND = 10_000_000


def pieces(*numbers: int, sequence: int | None = None) -> list[StreamPiece]:
    """Packets of eight equal bytes a second, at the seconds of their numbers."""
    return [
        StreamPiece(
            number * SECOND, (number if sequence is None else sequence) % 256, bytes([number]) * 8
        )
        for number in numbers
    ]


def test_packets_without_a_gap_are_joined():
    joined = b"".join(piece.data for piece in pieces(1, 2, 3))
    assert join_pieces(pieces(1, 2, 3), 9) == (joined, (), (), 0)
    assert join_pieces(pieces(7), 9) == (bytes([7]) * 8, (), (), 0)


@pytest.mark.parametrize(("sequence", "missing"), [(None, 2), (0, 255)])
def test_a_gap_is_as_many_zeros_as_bits_are_missing(sequence, missing):
    found = join_pieces(pieces(1, 2, 3, 6, 7, 8, sequence=sequence), 9)
    assert [found.data[at] for at in range(0, 64, 8)] == [1, 2, 3, 0, 0, 6, 7, 8]
    assert found.notes == (
        f"PCM channel 9 has gaps: 1, 2.0 s in total, {missing} packets by their sequence numbers; "
        "what comes after them keeps its time",
    )
    assert (found.fills, found.paused_s) == (((24, 40),), 0)


def test_a_gap_without_missing_sequence_numbers_is_a_pause():
    before, after = pieces(1, 2, 3), pieces(6, 7, 8)
    after = [piece._replace(sequence=piece.sequence - 2) for piece in after]
    assert join_pieces([*before, *after], 9).paused_s == 2


def test_sequence_numbers_give_the_rate_when_most_packets_are_missing():
    found = join_pieces(pieces(1, 3, 5, 7, 8, 10), 9)
    assert [found.data[at] for at in range(0, 80, 8)] == [1, 0, 3, 0, 5, 0, 7, 8, 0, 10]


@pytest.mark.parametrize("numbers", [(5, 6, 7, 1, 2, 3), (1, 2, 3, 99, 100)])
def test_a_counter_that_goes_back_or_far_ahead_is_noted(numbers, monkeypatch):
    monkeypatch.setattr(bit_stream, "_MAX_FILL_BYTES", 400)
    found = join_pieces(pieces(*numbers), 9)
    assert len(found.data) == 8 * len(numbers)
    assert found.notes == (
        "PCM channel 9: the clock jumps: the time counter went back or too far ahead at 1 "
        "packet(s); later data was joined without a gap",
    )


def test_jitter_and_a_counter_that_stands_are_no_gaps():
    late = [
        piece._replace(counter=piece.counter + at % 3 * 10**6)
        for at, piece in enumerate(pieces(*range(9)))
    ]
    still = [piece._replace(counter=5) for piece in pieces(1, 2, 3)]
    assert [join_pieces(each, 9).notes for each in (late, still)] == [(), ()]
