"""What is odd about a decoded recording: the checks of the stage ``parse``, pure.

Each remark says what was measured. A recording is refused only when it cannot be trusted at all:
hardly any subframe in sync, or values so absurd that the layout must be another aircraft's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.recorder_clock import read_clock, wrap_signed
from dataflow_health.flight.layout import WORD_BITS, Layout
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series

MIN_SYNC_SHARE = 0.2
"""Share of subframes in sync below which a recording is refused."""

EXPECTED_SYNC_SHARE = 0.995
"""Share below which it is remarked: engine starts alone cost less."""

MAX_OUTSIDE_SHARE = 0.01
"""Share of samples outside the physical range that is remarked: more than single spikes."""

DOUBTFUL_SHARE, ABSURD_SHARE = 0.05, 0.5
"""Shares of samples outside at which a parameter counts against the layout."""

MIN_SUSPECT_PARAMETERS = 5
"""Doubtful or absurd parameters that it takes to doubt the layout: fewer are faulty sensors."""

MAX_FLAT_S = 300
"""Seconds in flight for which a working sensor's value does not stay the same."""

MIN_DURATION_S, MAX_DURATION_S = 60, 24 * 3600
MAX_NAME_OFFSET_S = 300
"""A name may be that much off: recorders name a file when they open it."""

WEIGHT_ON_WHEELS = "weight_on_wheels"
"""The parameter that is 0 in the air."""

_QUARTER_HOUR_S = 900


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is odd.

    Attributes:
        check: Name of the check of ``parse`` that it belongs to.
        severity: How bad it is.
        parameter: The parameter it is about, None for the whole recording.
        detail: What was measured, and what would be right.
        refuse: True when the recording cannot be trusted as a whole.
    """

    check: str
    severity: Literal["warning", "error"]
    parameter: str | None
    detail: str
    refuse: bool = False


def assess_quality(
    decoded: DecodedRecording, layout: Layout | None, named_started_at: datetime | None
) -> tuple[Remark, ...]:
    """All remarks about a recording, those that refuse it first.

    Args:
        decoded: The recording.
        layout: Its layout, None for recorders without.
        named_started_at: When its name says that it began, in UTC.
    """
    remarks = [
        *_check_sync(decoded, layout),
        *_check_parameters_present(decoded, layout),
        *_check_ranges(decoded, layout),
        *_check_clock(decoded, layout, named_started_at),
        *_check_duration(decoded),
        *_check_live(decoded),
    ]
    return tuple(sorted(remarks, key=lambda remark: not remark.refuse))


def _check_sync(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    if layout is None:
        return
    pitch = WORD_BITS if decoded.container == "packed" else 16
    lost_bytes = sum(region.length for region in decoded.unsynced)
    lost = lost_bytes * 8 / (layout.words_per_subframe * pitch)
    share = len(decoded.second) / (len(decoded.second) + lost)
    if share < EXPECTED_SYNC_SHARE:
        regions = f"{lost_bytes} bytes in {len(decoded.unsynced)} regions are not"
        wanted = MIN_SYNC_SHARE if share < MIN_SYNC_SHARE else EXPECTED_SYNC_SHARE
        yield Remark(
            "frames_in_sync",
            "error" if share < ABSURD_SHARE else "warning",
            None,
            f"frames_in_sync_pct ({share:.2%}) >= {wanted:.1%}: {regions}",
            refuse=share < MIN_SYNC_SHARE,
        )


def _check_parameters_present(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    if layout is None:
        return
    for name, parameter in layout.parameters.items():
        series = decoded.series.get(name)
        if parameter.required and (series is None or not len(series.rows)):
            yield Remark(
                "parameters_present", "error", name, "samples (0) > 0 of a required parameter"
            )
    for note in decoded.notes:
        if "counter" in note:
            yield Remark("parameters_present", "warning", None, note)


def _check_ranges(decoded: DecodedRecording, layout: Layout | None) -> Iterator[Remark]:
    outside = {
        name: share
        for name, series in decoded.series.items()
        if (share := _outside_share(series)) is not None
    }
    doubt = _wrong_layout_reason(outside, _time_source_failure(decoded, layout))
    if doubt:
        yield Remark("values_in_range", "error", None, doubt, refuse=True)
    for name, share in outside.items():
        if share > MAX_OUTSIDE_SHARE:
            parameter = decoded.series[name].parameter
            yield Remark(
                "values_in_range",
                "error" if share > ABSURD_SHARE else "warning",
                name,
                f"outside_pct ({share:.1%}) <= {MAX_OUTSIDE_SHARE:.0%}, "
                f"range {parameter.valid_range}",
            )


def _wrong_layout_reason(outside: Mapping[str, float], without_time: str) -> str:
    """Why the layout must be another aircraft's; empty when it need not be."""
    absurd = [name for name, share in outside.items() if share > ABSURD_SHARE]
    doubtful = [name for name, share in outside.items() if share > DOUBTFUL_SHARE]
    if len(absurd) >= max(MIN_SUSPECT_PARAMETERS, ABSURD_SHARE * len(outside)):
        return (
            f"is it the layout? {len(absurd)} of {len(outside)} parameters lie outside their range"
        )
    if without_time and len(doubtful) >= max(MIN_SUSPECT_PARAMETERS, DOUBTFUL_SHARE * len(outside)):
        told = f"{len(doubtful)} of {len(outside)} parameters often lie outside their range"
        return f"is it the layout? {told}, and {without_time}"
    return ""


def _time_source_failure(decoded: DecodedRecording, layout: Layout | None) -> str:
    """What counts no time where the layout says that something does; empty when all do."""
    if layout is None:
        return ""
    if any("counter" in note for note in decoded.notes):
        return "the superframe counter does not count"
    has_clock = layout.clock.minute and layout.clock.second
    runs = not has_clock or read_clock(decoded.series, layout.clock) is not None
    return "" if runs else "the clock does not run"


def _outside_share(series: Series) -> float | None:
    """Share of samples outside the physical range; None without range or samples."""
    given = series.parameter.valid_range
    if given is None or not series.counts.size:
        return None
    values = to_values(series)
    known = values[np.isfinite(values)]
    return float(((known < given[0]) | (known > given[1])).mean()) if known.size else None


def _check_clock(
    decoded: DecodedRecording, layout: Layout | None, named_started_at: datetime | None
) -> Iterator[Remark]:
    details = [note for note in decoded.notes if "the clock goes" in note]
    details += [] if layout is None else _clock_steps(decoded, layout)
    details += _name_offset(decoded.started_at, named_started_at)
    yield from (Remark("clock_consistent", "warning", None, detail) for detail in details)


def _clock_steps(decoded: DecodedRecording, layout: Layout) -> Iterator[str]:
    """Where the clock does not run with the seconds; a second of drift at a time is no step."""
    told = read_clock(decoded.series, layout.clock)
    if told is None:
        return
    second = decoded.second[told.rows].astype(np.int64)
    ahead = (told.offset_s + told.rows - second) % told.modulus_s
    steps = wrap_signed(np.diff(ahead), told.modulus_s)
    for at in np.flatnonzero(np.abs(steps) > 1):
        way = "back" if steps[at] < 0 else "forward"
        yield f"at second {second[at + 1]} the clock goes {way} by {abs(int(steps[at]))} s"


def _name_offset(started_at: datetime | None, named: datetime | None) -> Iterator[str]:
    if started_at is None or named is None:
        return
    apart_s = (started_at - named) / timedelta(seconds=1)
    if abs(apart_s) <= MAX_NAME_OFFSET_S:
        return
    zone = (
        abs(apart_s - round(apart_s / _QUARTER_HOUR_S) * _QUARTER_HOUR_S) <= MAX_NAME_OFFSET_S / 10
    )
    hint = "; whole quarters of an hour: another time zone?" if zone else ""
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
            detail = f"the recording {end} in the air: part of the flight is not in it"
            yield Remark(check, "warning", WEIGHT_ON_WHEELS, detail)


def _check_live(decoded: DecodedRecording) -> Iterator[Remark]:
    is_airborne = _airborne_rows(decoded)
    for name, series in decoded.series.items():
        if series.parameter.live:
            detail = _flat_reason(series, is_airborne)
            if detail:
                yield Remark("parameters_live", "warning", name, detail)


def _airborne_rows(decoded: DecodedRecording) -> npt.NDArray[np.bool_]:
    """Rows in flight; all rows when no parameter tells."""
    wheels = decoded.series.get(WEIGHT_ON_WHEELS)
    is_airborne = np.ones(len(decoded.second), bool)
    if wheels is not None and len(wheels.rows):
        is_airborne[wheels.rows] = wheels.counts[:, -1] == 0
    return is_airborne


def _flat_reason(series: Series, is_airborne: npt.NDArray[np.bool_]) -> str:
    """Why a sensor that should move seems not to work; empty when it does."""
    counts = series.counts[series.counts != MISSING]
    if not counts.size:
        return "samples (0) > 0"
    if (counts == counts[0]).all() and counts.size > 1:
        ones = -1 if series.parameter.coding == "bnr" else (1 << series.parameter.width) - 1
        what = {0: "all bits zero", ones: "all bits one"}.get(int(counts[0]), "constant")
        return f"dead: {what} in all {counts.size} samples"
    flying = series.counts[is_airborne[series.rows]].reshape(-1)
    longest = _longest_run(flying) / max(series.parameter.rate_hz, 1e-9)
    if longest <= MAX_FLAT_S:
        return ""
    return f"flat_s ({longest:.0f}) <= {MAX_FLAT_S} in flight"


def _longest_run(counts: npt.NDArray[np.int32]) -> int:
    """Samples in the longest stretch of equal ones."""
    edges = np.flatnonzero(np.diff(counts)) + 1
    bounds = np.concatenate(([0], edges, [len(counts)]))
    return int(np.diff(bounds).max())
