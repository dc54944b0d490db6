"""ARINC 767: own small recordings, damage, and a real recording against a second reader."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc767.decoder import decode
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recorder import Arinc717Recorder, Arinc767Recorder
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health_tests.flight.arinc767.frame_encoder import (
    LAYOUT,
    documentary,
    frame,
    placed,
    recording,
)

DATA = Path(__file__).parents[3].parent / "shared/data/arinc767"
RECORDER = Arinc767Recorder(kind="arinc767", members=("x",))


def decoded(raw: bytes, layout: Layout | None = LAYOUT) -> DecodedRecording:
    return decode(raw, RECORDER, layout)


def refusal(raw: bytes, layout: Layout | None = LAYOUT) -> RecordingRefused:
    with pytest.raises(RecordingRefused) as caught:
        decoded(raw, layout)
    return caught.value


def test_counts_seconds_and_start_are_read():
    found = decoded(recording(range(60_250, 70_000, 500)))
    assert (found.duration_s, found.lost_s, found.encoding) == (10, 0, "arinc767")
    assert found.started_at == datetime(2026, 5, 6, 7, 9, tzinfo=UTC)
    assert found.series["up"].offsets_s == (0.25, 0.75)
    assert found.series["up"].counts.ravel().tolist() == list(range(20))
    assert found.series["down"].counts.ravel().tolist() == [-at for at in range(20)]
    assert len(found.series["other"].rows) == 0
    assert found.notes == ("start time by the documentary frame, which gives it to the minute",)
    assert not any(remark.refuse for remark in assess_quality(found, LAYOUT, None))


def test_a_gap_in_the_tags_is_a_gap():
    found = decoded(recording([0, 1000, 7000]))
    assert found.second.tolist() == [0, 1, 7]
    assert (found.duration_s, found.lost_s) == (8, 5)


def test_bytes_between_frames_are_named_and_cost_only_themselves():
    raw = recording([0, 1000]) + b"\xeb\x90noise"
    whole = raw + recording([2000, 3000], first=2)[140:]
    found = decoded(whole)
    assert found.series["up"].counts.ravel().tolist() == [0, 1, 2, 3]
    (region,) = found.unsynced
    assert whole[region.byte_offset :].startswith(b"\xeb\x90")


def test_two_power_cycles_are_both_read_and_the_second_is_a_remark():
    first, second = recording(range(0, 60_000, 500)), recording(range(0, 90_000, 500), first=120)
    found = decoded(first + second[140:])
    assert found.series["up"].counts.ravel().tolist() == [at % 256 for at in range(300)]
    assert (found.duration_s, found.lost_s) == (150, 0)
    (remark,) = (each for each in assess_quality(found, LAYOUT, None) if "clock" in each.check)
    assert "the recorder was started again" in remark.detail


def test_hours_with_the_recorder_switched_off_are_not_lost():
    later = documentary("2026/05/06-15:08") + recording(range(0, 90_000, 500))[140:]
    found = decoded(recording(range(0, 60_000, 500), first=120) + later)
    assert (found.duration_s, found.lost_s) == (8 * 3600 + 90, 0)


@pytest.mark.parametrize("tags", [[9 * 10**6, *range(0, 90_000, 500)], [0, 3 * 10**6, 500, 1000]])
def test_a_damaged_tag_costs_its_frame_or_the_recording(tags):
    raw = recording(tags)
    if len(tags) < 10:
        refused = refusal(raw)
        assert (refused.reason, refused.byte_offset) == ("damaged_frames", 155)
        assert (
            "1 of 4 frames cannot be placed in time, at most 10% may be: 1 have" in refused.detail
        )
    else:
        assert len(decoded(raw).series["up"].counts.ravel()) == len(tags) - 1


def test_frames_that_the_layout_knows_in_part_or_not_are_noted():
    found = decoded(recording([0]) + frame(4, 0, b"ab"))
    assert found.notes[0] == "frame 4: the layout declares 0 of 16 bits"


@pytest.mark.parametrize(
    ("raw", "layout", "reason", "offset"),
    [
        (recording([0]), None, "no_layout", None),
        (recording([0]), Layout(words_per_subframe=64, parameters={}), "wrong_layout", None),
        (
            recording([0]),
            Layout(words_per_subframe=64, parameters={"p": Parameter(samples=((Part(word=1),),))}),
            "wrong_layout",
            None,
        ),
        (recording([0]), Layout(parameters={"p": placed(20, 8)}), "wrong_layout", 140),
        (b"", LAYOUT, "no_sync", 0),
        (bytes(900), LAYOUT, "no_sync", 0),
        (b"PK" * 99 + b"\xeb\x90" + bytes(99), LAYOUT, "no_sync", 198),
        (documentary(), LAYOUT, "too_short", 0),
        (recording([0, 4 * 10**9, 4 * 10**9 + 1]), LAYOUT, "clock_damaged", 170),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(raw, layout, reason, offset):
    refused = refusal(raw, layout)
    assert (refused.reason, refused.byte_offset) == (reason, offset)
    assert offset is None or refused.evidence == raw[offset:][:64]


def test_a_recorder_of_another_kind_is_a_type_error():
    with pytest.raises(TypeError, match="arinc717"):
        decode(b"", Arinc717Recorder(kind="arinc717", members=("x",)), LAYOUT)


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40))
def test_damaged_bytes_are_decoded_or_refused(noise, at, cut):
    raw = recording(range(0, 9000, 500))
    try:
        found = decoded(raw[:at] + noise + raw[at + cut :])
    except RecordingRefused:
        return
    assert (np.diff(found.second) > 0).all()
    for series in found.series.values():
        assert len(to_values(series)) == len(series.rows)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(raw):
    try:
        duration_s = decoded(raw).duration_s
    except RecordingRefused:
        duration_s = 1
    assert duration_s


def samples(series: Series, second: np.ndarray, first_s: int) -> tuple[list[str], list[object]]:
    """Time of each sample as the reference writes it, and its value."""
    row, column = np.nonzero(series.counts != MISSING)
    at = first_s + second[series.rows[row]] + np.array(series.offsets_s)[column]
    counts = series.counts[row, column]
    values = (
        [series.text[c] for c in counts]
        if series.parameter.is_text
        else (to_values(series)[row, column].tolist())
    )
    return [f"{time:.3f}" for time in at], values


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the real recording lies beside the repository")
def test_every_sample_of_a_real_recording_is_that_of_another_decoder():
    layout = import_layout(DATA / "078711.vec").layouts["078711"]
    archive = zipfile.ZipFile(next(DATA.glob("B-*.zip")))
    found = decoded(archive.read(archive.namelist()[0]), layout)
    assert len(layout.parameters) == 2718
    assert (found.duration_s, found.lost_s, found.unsynced) == (170, 0, ())
    assert found.started_at == datetime(2001, 2, 3, 10, 30, 52, tzinfo=UTC)
    rounded = 0
    with zipfile.ZipFile(DATA / "reference/series.zip") as reference:
        for member in reference.namelist():
            rows = list(csv.reader(io.StringIO(reference.read(member).decode(), newline="")))[1:]
            times, values = samples(found.series[member[:-4]], found.second, 1012)
            assert times == [time for time, _ in rows]
            if isinstance(values[0], str):
                assert values == [value.strip() for _, value in rows]
                continue
            expected = [float(value) for _, value in rows]
            assert values == pytest.approx(expected, rel=3e-16)
            rounded += values != expected
    assert rounded == 15, "it multiplies by 0.1, here a count is divided by 10"
