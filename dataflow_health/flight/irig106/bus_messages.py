"""Reads declared words of MIL-STD-1553 messages (IRIG 106-17, 10.6.4, format 1).

A message has a time, a status, a gap and a length, then its words as on the bus: one command word,
or two from terminal to terminal, status words, and up to 32 data words of 16 bits.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from dataflow_health.flight.irig106.channel_index import BUS_1553
from dataflow_health.flight.irig106.packets import TICKS_PER_SECOND, Packet
from dataflow_health.flight.layout import FrameBits, Linear, Parameter
from dataflow_health.flight.parameter import field_to_count
from dataflow_health.flight.recorder import BusWord
from dataflow_health.flight.recording import MISSING, Series

_HEADER_BYTES = 14
_WORD_BITS = 16
_MAX_WORDS = 32
_MESSAGE_ERROR, _TERMINAL_TO_TERMINAL = 1 << 12, 1 << 11
_OTHER_CLOCK = 1 << 6
"""Packet flag: times inside the packet are of the secondary header's clock."""

_MODE_CODES = (0, 31)
"""Subaddresses of mode codes, which are no messages with data."""


class BusKey(NamedTuple):
    """Place of a message on a bus, as a declaration names it."""

    channel: int
    terminal: int
    is_sent: bool
    subaddress: int


class BusMessage(NamedTuple):
    """Data words of a message without an error.

    Attributes:
        key: Channel, terminal, direction and subaddress.
        counter: Relative time counter.
        words: Data words of 16 bits.
    """

    key: BusKey
    counter: int
    words: Sequence[int]


def read_messages(raw: bytes, packets: Sequence[Packet]) -> Iterator[BusMessage]:
    """All messages with data, in the file's order; those with an error are left out.

    A message from terminal to terminal counts for both: as received by one, as sent by the other.
    """
    for packet in packets:
        if packet.data_type == BUS_1553:
            yield from _messages(packet, packet.data(raw))


def bus_series(
    messages: Sequence[BusMessage], declared: Mapping[str, BusWord], first: int
) -> dict[str, Series]:
    """Series of the declared words that were recorded.

    Args:
        messages: Messages of the recording.
        declared: Words by parameter name.
        first: Relative time counter of second 0.
    """
    by_key: dict[BusKey, list[BusMessage]] = defaultdict(list)
    for message in messages:
        by_key[message.key].append(message)
    return {
        name: _series(word, found, first)
        for name, word in declared.items()
        if (found := [each for each in by_key[_key(word)] if len(each.words) >= word.word])
    }


def _key(word: BusWord) -> BusKey:
    return BusKey(word.channel, word.terminal, word.direction == "transmit", word.subaddress)


def _messages(packet: Packet, data: bytes) -> Iterator[BusMessage]:
    """Messages of a packet, at its own time where theirs are not those of the counter."""
    is_other_clock = packet.flags & _OTHER_CLOCK
    at = 4
    while at + _HEADER_BYTES <= len(data):
        counter = int.from_bytes(data[at : at + 6], "little")
        counter = packet.counter if is_other_clock else counter
        status, _, length = np.frombuffer(data, "<u2", 3, at + 8).tolist()
        body = data[at + _HEADER_BYTES : at + _HEADER_BYTES + length]
        at += _HEADER_BYTES + length
        words = np.frombuffer(body[: len(body) // 2 * 2], "<u2").tolist()
        if not status & _MESSAGE_ERROR and len(body) == length:
            yield from _message(
                packet.channel, counter, words, is_pair=status & _TERMINAL_TO_TERMINAL
            )


def _message(
    channel: int, counter: int, words: Sequence[int], *, is_pair: int
) -> Iterator[BusMessage]:
    """The data of one message; after a second command or a sender's status they start later."""
    commands = words[: 2 if is_pair else 1]
    for command in commands:
        terminal, is_sent = command >> 11, bool(command >> 10 & 1)
        subaddress, count = command >> 5 & 0x1F, command & 0x1F or _MAX_WORDS
        start = 3 if is_pair else 1 + is_sent
        values = words[start : start + count]
        if subaddress not in _MODE_CODES and len(values) == count:
            yield BusMessage(BusKey(channel, terminal, is_sent, subaddress), counter, values)


def _series(word: BusWord, messages: Sequence[BusMessage], first: int) -> Series:
    """All values of a word: as many places a second as the fullest second has messages."""
    low, high = word.bits
    fields = np.array([each.words[word.word - 1] for each in messages], np.int64)
    fields = (fields >> (_WORD_BITS - high)) & ((1 << (high - low + 1)) - 1)
    ticks = np.array([each.counter - first for each in messages], np.int64)
    order = np.argsort(ticks, kind="stable")
    seconds = ticks[order] // TICKS_PER_SECOND
    rows, starts, sizes = np.unique(seconds, return_index=True, return_counts=True)
    rate = int(sizes.max())
    parameter = _parameter(word, rate)
    counts = np.full((len(rows), rate), MISSING, np.int32)
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    counts[np.repeat(np.arange(len(rows)), sizes), place] = field_to_count(fields[order], parameter)
    offsets_s = tuple(number / rate for number in range(rate))
    return Series(parameter, rows.astype(np.int32), counts, offsets_s)


def _parameter(word: BusWord, rate: int) -> Parameter:
    low, high = word.bits
    first_bit = (word.word - 1) * _WORD_BITS + low
    return Parameter(
        describes=word.describes,
        unit=word.unit,
        coding=word.coding,
        place=FrameBits(
            frame=word.subaddress, bit=first_bit, width=high - low + 1, rate_hz=float(rate)
        ),
        conversion=Linear(scale=word.scale, offset=word.offset),
        valid_range=word.valid_range,
    )
