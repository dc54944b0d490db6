"""Checks the quality of a decoded recording: the rules behind the checks of the stage ``parse``.

Each remark contains the measured value. A recording is refused only when it is useless as a whole:
hardly any subframe in sync, or so many values out of range that the layout must be another
aircraft's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.recorder_clock import read_clock, wrap_signed
from dataflow_health.flight.layout import WORD_BITS, Layout, Linear
from dataflow_health.flight.parameter import apply_conversion, to_values
from dataflow_health.flight.recording import (
    CLOCK_JUMP,
    MARKED_DATA,
    MISSING,
    REPEATED_DATA,
    STUCK_COUNTER,
    DecodedRecording,
    Series,
)

MIN_SYNC_SHARE = 0.2
"""Share of subframes in sync below which a recording is refused."""

EXPECTED_SYNC_SHARE = 0.995
"""Share of subframes in sync below which there is a remark: engine starts alone cost less."""

MAX_LOST_SHARE = 0.01
"""Share of seconds without a row that is still accepted."""

MAX_OUTSIDE_SHARE = 0.01
"""Share of samples outside the physical range that is still accepted: single spikes."""

DOUBTFUL_SHARE, ABSURD_SHARE = 0.05, 0.5
"""Shares of samples outside at which a parameter is evidence against the layout."""

MIN_SUSPECT_PARAMETERS = 5
"""Parameters needed as evidence against the layout: fewer are faulty sensors."""

MAX_FLAT_S = 300
"""Seconds in flight for which a working sensor's value may stay the same."""

MIN_DURATION_S, MAX_DURATION_S = 60, 24 * 3600
MAX_NAME_OFFSET_S = 300
"""Accepted difference between name and clock: recorders name a file when they open it."""

WEIGHT_ON_WHEELS = "weight_on_wheels"
"""The parameter that is 0 in the air."""

_INTEGER_BITS = 16
"""Bits that a word takes in ``le16`` and ``be16``."""

_QUARTER_HOUR_S = 900


@dataclass(frozen=True, slots=True)
class Remark:
    """One problem of a recording.

    Attributes:
        check: Name of the check of ``parse`` that reports it.
        severity: Severity of the problem.
        parameter: The parameter concerned, None for the whole recording.
        detail: Measured and expected value.
        refuse: True when the recording is useless as a whole.
    """

    check: str
    severity: Literal["warning", "error"]
    parameter: str | None
    detail: str
    refuse: bool = False


def assess_quality(
    decoded: DecodedRecording, layout: Layout | None, named_started_at: datetime | None
) -> tuple[Remark, ...]:
    """All remarks on a recording, those that refuse it first.

    Args:
        decoded: The recording.
        layout: Its layout, None for recorders without.
        named_started_at: Start of the recording by its name, in UTC.
    """
    remarks = [
        *_check_sync(decoded, layout),
        *_check_lost(decoded),
        *_check_parameters_present(decoded, layout),
        *_check_ranges(decoded, layout),
        *_check_clock(decoded, layout, named_started_at),
        *_check_duration(decoded),
        *_check_live(decoded),
    ]
    return tuple(sorted(remarks, key=lambda remark: not remark.refuse))


def _check_sync(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    if layout is None or layout.is_arinc767:  # its frames have no common length
        return
    word_bits = WORD_BITS if decoded.encoding == "packed" else _INTEGER_BITS
    lost_bytes = sum(region.length for region in decoded.unsynced)
    lost = lost_bytes * 8 / (layout.words_per_subframe * word_bits)
    share = len(decoded.second) / (len(decoded.second) + lost)
    if share < EXPECTED_SYNC_SHARE:
        expected = MIN_SYNC_SHARE if share < MIN_SYNC_SHARE else EXPECTED_SYNC_SHARE
        yield Remark(
            "frames_in_sync",
            "error" if share < ABSURD_SHARE else "warning",
            None,
            f"frames_in_sync_pct ({share:.2%}) >= {expected:.1%}: "
            f"{lost_bytes} bytes in {len(decoded.unsynced)} regions are out of sync",
            refuse=share < MIN_SYNC_SHARE,
        )


def _check_lost(decoded: DecodedRecording) -> Iterator[Remark]:
    """Seconds without a row: bytes that are missing from the file show in nothing else."""
    share = decoded.lost_s / max(decoded.duration_s, 1)
    if share > MAX_LOST_SHARE:
        yield Remark(
            "frames_in_sync",
            "error" if share > ABSURD_SHARE else "warning",
            None,
            f"lost_pct ({share:.1%}) <= {MAX_LOST_SHARE:.0%}: "
            f"{decoded.lost_s} of {decoded.duration_s} s are missing",
        )
    for note in decoded.notes:
        if MARKED_DATA in note:
            yield Remark("frames_in_sync", "warning", None, note)


def _check_parameters_present(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    if layout is None:
        return
    for name, parameter in layout.parameters.items():
        series = decoded.series.get(name)
        if parameter.required and (series is None or not len(series.rows)):
            yield Remark(
                "parameters_present", "error", name, "samples (0) > 0 of a required parameter"
            )
    if STUCK_COUNTER in decoded.notes:
        yield Remark("parameters_present", "warning", None, STUCK_COUNTER)


def _check_ranges(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    outside_shares = {
        name: share
        for name, series in decoded.series.items()
        if (share := _outside_share(series)) is not None
    }
    reason = _wrong_layout_reason(outside_shares, _time_source_failure(decoded, layout))
    if reason:
        yield Remark("values_in_range", "error", None, reason, refuse=True)
    for name, share in outside_shares.items():
        if share > MAX_OUTSIDE_SHARE:
            valid_range = decoded.series[name].parameter.valid_range
            yield Remark(
                "values_in_range",
                "error" if share > ABSURD_SHARE else "warning",
                name,
                f"outside_pct ({share:.1%}) <= {MAX_OUTSIDE_SHARE:.0%}, range {valid_range}",
            )


def _wrong_layout_reason(outside_shares: Mapping[str, float], time_source_failure: str) -> str:
    """Evidence that the layout is another aircraft's, empty without enough of it.

    Args:
        outside_shares: Share of samples out of range, by parameter.
        time_source_failure: From :func:`_time_source_failure`.
    """
    total = len(outside_shares)
    absurd = sum(share > ABSURD_SHARE for share in outside_shares.values())
    doubtful = sum(share > DOUBTFUL_SHARE for share in outside_shares.values())
    conclusion = "the layout does not fit this aircraft:"
    if absurd >= max(MIN_SUSPECT_PARAMETERS, ABSURD_SHARE * total):
        return f"{conclusion} {absurd} of {total} parameters are mostly outside their range"
    if time_source_failure and doubtful >= max(MIN_SUSPECT_PARAMETERS, DOUBTFUL_SHARE * total):
        evidence = f"{doubtful} of {total} parameters are often outside their range"
        return f"{conclusion} {evidence}, and {time_source_failure}"
    return ""


def _time_source_failure(decoded: DecodedRecording, layout: Layout | None) -> str:
    """Failure of the layout's superframe counter or clock; empty when both work or are absent."""
    if layout is None:
        return ""
    if STUCK_COUNTER in decoded.notes:
        return "the superframe counter does not count"
    has_clock = layout.clock.minute and layout.clock.second
    is_running = not has_clock or read_clock(decoded.series, layout.clock) is not None
    return "" if is_running else "the clock does not run"


def _outside_share(series: Series) -> float | None:
    """Share of samples outside the physical range; None without range or samples."""
    valid_range = series.parameter.valid_range
    if valid_range is None or not series.counts.size:
        return None
    lowest, highest = valid_range
    if _is_inside(series, lowest, highest):
        return 0.0
    values = to_values(series)
    known = values[np.isfinite(values)]
    return float(((known < lowest) | (known > highest)).mean()) if known.size else None


def _is_inside(series: Series, lowest: float, highest: float) -> bool:
    """Whether all samples are inside a range by their extremes, which a linear conversion keeps."""
    conversion = series.parameter.conversion
    if not isinstance(conversion, Linear) or series.parameter.is_text:
        return False
    extremes = np.array([series.counts.min(), series.counts.max()], np.float64)
    if extremes[0] == MISSING:
        return False
    first, last = apply_conversion(extremes, conversion).tolist()
    return bool(lowest <= first <= highest and lowest <= last <= highest)


def _check_clock(
    decoded: DecodedRecording, layout: Layout | None, named_started_at: datetime | None
) -> Iterator[Remark]:
    marks = (CLOCK_JUMP, REPEATED_DATA)
    details = [note for note in decoded.notes if any(mark in note for mark in marks)]
    details += [] if layout is None else _clock_steps(decoded, layout)
    details += _name_offset(decoded.started_at, named_started_at)
    yield from (Remark("clock_consistent", "warning", None, detail) for detail in details)


def _clock_steps(decoded: DecodedRecording, layout: Layout) -> Iterator[str]:
    """Jumps of the clock against the seconds; a second of drift at a time is no jump."""
    readings = read_clock(decoded.series, layout.clock)
    if readings is None:
        return
    second = decoded.second[readings.rows].astype(np.int64)
    ahead_s = (readings.offset_s + readings.rows - second) % readings.modulus_s
    steps_s = wrap_signed(np.diff(ahead_s), readings.modulus_s)
    for at in np.flatnonzero(np.abs(steps_s) > 1):
        direction = "back" if steps_s[at] < 0 else "forward"
        yield f"at second {second[at + 1]} {CLOCK_JUMP} {direction} by {abs(int(steps_s[at]))} s"


def _name_offset(started_at: datetime | None, named: datetime | None) -> Iterator[str]:
    """Difference between the start by the clock and by the name, when it is too large."""
    if started_at is None or named is None:
        return
    apart_s = (started_at - named) / timedelta(seconds=1)
    if abs(apart_s) <= MAX_NAME_OFFSET_S:
        return
    quarter_hours = round(apart_s / _QUARTER_HOUR_S)
    is_zone = abs(apart_s - quarter_hours * _QUARTER_HOUR_S) <= MAX_NAME_OFFSET_S / 10
    hint = "; whole quarter hours apart, so one of them may be local time" if is_zone else ""
    yield (
        f"started_at {started_at:%Y-%m-%dT%H:%M:%SZ} by the clock, {named:%Y-%m-%dT%H:%M:%SZ} "
        f"by the name: apart_s ({abs(apart_s):.0f}) <= {MAX_NAME_OFFSET_S}{hint}"
    )


def _check_duration(decoded: DecodedRecording) -> Iterator[Remark]:
    check = "duration_plausible"
    if not MIN_DURATION_S <= decoded.duration_s <= MAX_DURATION_S:
        detail = f"{MIN_DURATION_S} <= duration_s ({decoded.duration_s}) <= {MAX_DURATION_S}"
        yield Remark(check, "warning", None, detail)
    wheels = decoded.series.get(WEIGHT_ON_WHEELS)
    if wheels is None or not len(wheels.rows):
        return
    ends = {"begins": wheels.counts[0, 0], "ends": wheels.counts[-1, -1]}
    for end, count in ends.items():
        if count == 0:
            detail = f"the recording {end} in the air: part of the flight is missing"
            yield Remark(check, "warning", WEIGHT_ON_WHEELS, detail)


def _check_live(decoded: DecodedRecording) -> Iterator[Remark]:
    is_airborne = _airborne_rows(decoded)
    for name, series in decoded.series.items():
        if series.parameter.live:
            reason = _flat_reason(series, is_airborne)
            if reason:
                yield Remark("parameters_live", "warning", name, reason)


def _airborne_rows(decoded: DecodedRecording) -> npt.NDArray[np.bool_]:
    """Rows in flight; all rows when weight on wheels is not recorded."""
    wheels = decoded.series.get(WEIGHT_ON_WHEELS)
    is_airborne = np.ones(len(decoded.second), bool)
    if wheels is not None and len(wheels.rows):
        is_airborne[wheels.rows] = wheels.counts[:, -1] == 0
    return is_airborne


def _flat_reason(series: Series, is_airborne: npt.NDArray[np.bool_]) -> str:
    """Evidence that a sensor does not work; empty when its value moves."""
    counts = series.counts.reshape(-1)
    if counts.size and counts.min() == MISSING:
        counts = counts[counts != MISSING]
    if not counts.size:
        return "samples (0) > 0"
    if counts.min() == counts.max() and counts.size > 1:
        ones = -1 if series.parameter.coding == "bnr" else (1 << series.parameter.width) - 1
        pattern = {0: "all bits zero", ones: "all bits one"}.get(int(counts[0]), "constant")
        return f"dead: {pattern} in all {counts.size} samples"
    flying = series.counts[is_airborne[series.rows]].reshape(-1)
    rate_hz = max(series.parameter.rate_hz, 1e-9)
    if not _has_equal_block(flying, int(MAX_FLAT_S * rate_hz) // 2):
        return ""
    flat_s = _longest_run(flying) / rate_hz
    return f"flat_s ({flat_s:.0f}) <= {MAX_FLAT_S} in flight" if flat_s > MAX_FLAT_S else ""


def _has_equal_block(counts: npt.NDArray[np.int32], size: int) -> bool:
    """Whether all samples of a block are equal, of the blocks of a size from the first sample on.

    A run of twice the size always has one, and to look for it is far cheaper than to find all runs.
    """
    if size < 1:
        return True
    blocks = counts[: len(counts) // size * size].reshape(-1, size)
    return bool((blocks.min(axis=1) == blocks.max(axis=1)).any())


def _longest_run(counts: npt.NDArray[np.int32]) -> int:
    """Length of the longest run of equal samples."""
    edges = np.flatnonzero(counts[1:] != counts[:-1]) + 1
    bounds = np.concatenate(([0], edges, [len(counts)]))
    return int(np.diff(bounds).max())
