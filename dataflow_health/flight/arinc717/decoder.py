"""Decodes ARINC 717 recordings: bytes to counts.

The steps: choose the word packing by looking for sync words, find runs of trusted subframes, read
them as one matrix of words, give each subframe its second by recorder clock and superframe counter,
and take every parameter from that matrix.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.parameter_samples import extract_series
from dataflow_health.flight.arinc717.recorder_clock import (
    read_clock,
    vote_second_of_day,
    vote_start_time,
)
from dataflow_health.flight.arinc717.repeated_blocks import drop_repeated
from dataflow_health.flight.arinc717.subframes import (
    Subframes,
    drop_erased,
    find_marked_rows,
    read_subframes,
    select_rows,
)
from dataflow_health.flight.arinc717.superframe_counter import read_superframe_counter
from dataflow_health.flight.arinc717.sync import choose_probes, count_subframes, find_runs
from dataflow_health.flight.arinc717.sync_failure import (
    diagnose_sync_failure,
    refuse_ambiguous_packing,
)
from dataflow_health.flight.arinc717.timeline import assign_seconds
from dataflow_health.flight.arinc717.word_packing import BitOffsets, WordStream, open_stream
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Arinc717Recorder, Recorder
from dataflow_health.flight.recording import (
    MARKED_DATA,
    REPEATED_DATA,
    STUCK_COUNTER,
    DecodedRecording,
    UnsyncedRegion,
)

_MIN_SCORE_RATIO = 2
"""The chosen word packing must give this many times as many subframes as any other."""


def decode(raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
    """Decodes one recording; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Word packings to try, and length of the header.
        layout: Location of each parameter.

    Returns:
        Counts of every parameter of the layout; a parameter without samples has no rows.

    Raises:
        RecordingRefused: No subframe can be trusted (``too_short``, ``zero_filled``, ``ff_filled``,
            ``wrong_frame_rate``, ``words_byte_swapped``, ``wrong_word_packing``,
            ``foreign_header``, ``no_sync``), several word packings read well
            (``ambiguous_word_packing``), or no layout is given (``no_layout``).
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Arinc717Recorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the ARINC 717 decoder")
    if layout is None:
        raise RecordingRefused(
            "no_layout",
            "no layout is declared for this tail and recorder; "
            "add one to config/layouts and name it in the recorder's file",
        )
    stream = _choose_word_packing(raw, recorder, layout)
    subframes, unsynced, timeline_notes = _read_timeline(stream, layout)
    series = {
        name: extract_series(subframes, parameter) for name, parameter in layout.parameters.items()
    }
    started_at, clock_note = vote_start_time(series, layout.clock, subframes.second)
    duration_s = int(subframes.second[-1]) + 1
    return DecodedRecording(
        second=subframes.second,
        series=series,
        started_at=started_at,
        clock_s=vote_second_of_day(series, layout.clock, subframes.second),
        encoding=stream.word_packing,
        duration_s=duration_s,
        lost_s=duration_s - len(subframes.second),
        unsynced=unsynced,
        notes=tuple(filter(None, (clock_note, *timeline_notes))),
    )


def _read_timeline(
    stream: WordStream, layout: Layout
) -> tuple[Subframes, tuple[UnsyncedRegion, ...], Sequence[str]]:
    """Reads all trusted subframes and gives each its second.

    Returns:
        The subframes, the regions of the file outside them, and notes: on marked and on repeated
        data, and on a superframe counter that does not count.
    """
    runs = find_runs(stream, layout.words_per_subframe, layout.sync_words)
    read = read_subframes(stream, runs, layout.words_per_subframe)
    marked = find_marked_rows(stream, runs, layout.words_per_subframe)
    marked_bits = read.bit_offset[marked]
    if len(marked):
        read = select_rows(read, np.delete(np.arange(len(read.second)), marked))
    subframes = drop_erased(read)
    subframes, repeats = drop_repeated(subframes)
    counter = read_superframe_counter(subframes, layout.counter) if layout.counter else None
    clock_names = (layout.clock.hour, layout.clock.minute, layout.clock.second)
    clock_series = {
        name: extract_series(subframes, layout.parameters[name]) for name in clock_names if name
    }
    clock = read_clock(clock_series, layout.clock)
    subframes, unsynced = assign_seconds(subframes, stream, counter, clock, repeats)
    notes = [STUCK_COUNTER] if layout.counter and counter is None else []
    notes += _notes(MARKED_DATA, marked_bits) + _notes(REPEATED_DATA, repeats.bit_offset)
    return subframes, unsynced, notes


def _notes(what: str, bit_offsets: BitOffsets) -> list[str]:
    """A note on subframes at these places; none without any."""
    count = len(bit_offsets)
    if not count:
        return []
    return [f"{count} subframes {what}, the first at byte {int(bit_offsets[0]) // 8}"]


def _choose_word_packing(raw: bytes, recorder: Arinc717Recorder, layout: Layout) -> WordStream:
    """The file in the word packing that gives most subframes: by probes, else by the whole file.

    Raises:
        RecordingRefused: No word packing gives a subframe, or several do equally well.
    """
    words, syncs = layout.words_per_subframe, layout.sync_words
    stream = open_stream(raw, recorder.word_packings[0], recorder.header_bytes)
    streams = {name: replace(stream, word_packing=name) for name in recorder.word_packings}
    scores = {
        name: count_subframes(
            stream, words, syncs, choose_probes(stream, words * stream.word_spacing_bits)
        )
        for name, stream in streams.items()
    }
    if not any(scores.values()):
        scores = {
            name: count_subframes(stream, words, syncs, ((stream.first_bit, stream.size_bits),))
            for name, stream in streams.items()
        }
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    if not scores[best]:
        raise diagnose_sync_failure(raw, recorder, layout)
    if len(ranked) > 1 and scores[ranked[1]] * _MIN_SCORE_RATIO > scores[best]:
        raise refuse_ambiguous_packing(scores, raw)
    return streams[best]
