"""ARINC 717 recordings: bytes to counts.

The container is found by trying, the runs of trusted subframes by the stride of their sync words,
the seconds by clock and counter, and every parameter by strided views of one matrix of words.
"""

from dataclasses import replace

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.recorder_clock import read_clock, vote_start_time
from dataflow_health.flight.arinc717.subframes import (
    Subframes,
    drop_erased,
    extract_series,
    read_subframes,
)
from dataflow_health.flight.arinc717.sync import choose_probes, count_subframes, find_runs
from dataflow_health.flight.arinc717.sync_failure import (
    diagnose_sync_failure,
    refuse_ambiguous_packing,
)
from dataflow_health.flight.arinc717.timeline import assign_seconds, read_superframe_counter
from dataflow_health.flight.arinc717.word_packing import WordStream, open_stream
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Arinc717Recorder, Recorder
from dataflow_health.flight.recording import DecodedRecording, UnsyncedRegion

_MIN_SCORE_RATIO = 2
"""A container wins when its sync words hold this many times as often as any other's."""


def decode(raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
    """Decodes one recording; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Which containers to try, and how long the header is.
        layout: Where the parameters are.

    Returns:
        Counts of every parameter of the layout, those never received with no rows.

    Raises:
        RecordingRefused: No subframe can be trusted (``too_short``, ``zero_filled``, ``ff_filled``,
            ``wrong_frame_rate``, ``words_byte_swapped``, ``wrong_container``, ``foreign_header``,
            ``no_sync``), more than one container reads well (``ambiguous_container``), or there is
            no layout to read by (``no_layout``).
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Arinc717Recorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the ARINC 717 decoder")
    if layout is None:
        raise RecordingRefused("no_layout", "no layout is declared for this tail and recorder")
    stream = _choose_word_packing(raw, recorder, layout)
    frames, unsynced, counts = _read_subframes(stream, layout)
    series = {name: extract_series(frames, given) for name, given in layout.parameters.items()}
    started_at, note = vote_start_time(series, layout.clock, frames.second)
    stuck = "" if counts else "the superframe counter does not count: its parameters are left out"
    duration = int(frames.second[-1]) + 1
    return DecodedRecording(
        second=frames.second,
        series=series,
        started_at=started_at,
        container=stream.container,
        duration_s=duration,
        lost_s=duration - len(frames.second),
        unsynced=unsynced,
        notes=tuple(text for text in (note, stuck) if text),
    )


def _read_subframes(
    stream: WordStream, layout: Layout
) -> tuple[Subframes, tuple[UnsyncedRegion, ...], bool]:
    """Subframes placed in time, the rest of the file, and whether the counter (if any) counts."""
    runs = find_runs(stream, layout.words_per_subframe, layout.sync_words)
    frames = drop_erased(read_subframes(stream, runs, layout.words_per_subframe))
    count = read_superframe_counter(frames, layout.counter) if layout.counter else None
    hands = (layout.clock.hour, layout.clock.minute, layout.clock.second)
    told = {name: extract_series(frames, layout.parameters[name]) for name in hands if name}
    clock = read_clock(told, layout.clock)
    frames, unsynced = assign_seconds(frames, stream, count, clock)
    return frames, unsynced, count is not None or layout.counter is None


def _choose_word_packing(raw: bytes, recorder: Arinc717Recorder, layout: Layout) -> WordStream:
    """The file in the container whose sync words hold best, by probing, then by reading it all."""
    words, syncs = layout.words_per_subframe, layout.sync_words
    stream = open_stream(raw, recorder.containers[0], recorder.header_bytes)
    streams = {name: replace(stream, container=name) for name in recorder.containers}
    scores = {
        name: count_subframes(stream, words, syncs, choose_probes(stream, words * stream.pitch))
        for name, stream in streams.items()
    }
    if not any(scores.values()):
        scores = {
            name: count_subframes(stream, words, syncs, ((stream.first, stream.size),))
            for name, stream in streams.items()
        }
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    if not scores[best]:
        raise diagnose_sync_failure(raw, recorder, layout)
    if len(ranked) > 1 and scores[ranked[1]] * _MIN_SCORE_RATIO > scores[best]:
        raise refuse_ambiguous_packing(scores, raw)
    return streams[best]
