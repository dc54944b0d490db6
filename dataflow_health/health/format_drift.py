"""Format drift: parameters that vanish, or change rate, unit or range, from a recording on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from pydantic import AwareDatetime

from dataflow_health.health.continuity import RecordedFlight
from dataflow_health.health.report import ReportModel

BASELINE = 5
"""Earlier recordings that must agree: what comes and goes from flight to flight is no drift."""

MIN_BASELINE = 3
"""Fewest that must agree where the recorder's software is the same."""

SHORTEST_S = 300
"""Shorter recordings are left out: slow parameters may have no sample in them."""

Format = Mapping[str, Sequence[object]]
"""Rate, unit, lowest and highest value of each parameter, by name."""


class FormatChange(ReportModel):
    """A change of format between two recordings of an aircraft and recorder.

    Attributes:
        at: Start of the first recording of the new format, UTC.
        recording_id: Id of that recording.
        recorder: Recorder kind.
        software_before: Software version of the recorder before; None when it is not recorded.
        software: Software version since.
        vanished: Parameters that have no sample any more.
        rates: Parameters with another rate, with both rates.
        ranges: Parameters with another unit or range, with both.
    """

    at: AwareDatetime
    recording_id: str
    recorder: str
    software_before: str | None = None
    software: str | None = None
    vanished: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()

    def __str__(self) -> str:
        changed = self.software_before != self.software
        software = f"software {self.software_before} -> {self.software}" if changed else ""
        lists = {"vanished": self.vanished, "rate": self.rates, "range": self.ranges}
        parts = [f"{name}: {', '.join(each)}" for name, each in lists.items() if each]
        head = f"{self.at:%Y-%m-%d %H:%M}Z {self.recorder}"
        return f"{head}: {'; '.join(filter(None, [software, *parts]))}"


def compared_formats(flights: Iterable[RecordedFlight]) -> set[str]:
    """Digests of the formats that :func:`find_format_changes` needs: none without a change."""
    digests = [{each.format for each in group} for group in _groups(flights)]
    return {digest for found in digests if len(found) > 1 for digest in found}


def find_format_changes(
    flights: Iterable[RecordedFlight], formats: Mapping[str, Format]
) -> tuple[FormatChange, ...]:
    """Changes of format in the recordings of one aircraft, oldest first. Pure.

    Args:
        flights: Its recordings.
        formats: Formats by digest, of all in :func:`compared_formats`.
    """
    changes = [each for group in _groups(flights) for each in _changes(group, formats)]
    return tuple(sorted(changes, key=lambda each: (each.at, each.recording_id)))


def _groups(flights: Iterable[RecordedFlight]) -> Iterator[list[RecordedFlight]]:
    """Recordings that are long enough, of each recorder, by their start."""
    long = [each for each in flights if each.format and each.duration_s >= SHORTEST_S]
    long.sort(key=lambda each: (each.recorder, each.started_at, each.recording_id))
    for _, group in groupby(long, key=lambda each: each.recorder):
        yield list(group)


def _changes(
    group: Sequence[RecordedFlight], formats: Mapping[str, Format]
) -> Iterator[FormatChange]:
    for at in range(1, len(group)):
        before, now = group[max(0, at - BASELINE) : at], group[at]
        is_new_software = now.software != before[-1].software
        if now.format != before[-1].format and (len(before) >= MIN_BASELINE or is_new_software):
            change = _compare(before, now, formats)
            if change.vanished or change.rates or change.ranges:
                yield change


def _compare(
    before: Sequence[RecordedFlight], now: RecordedFlight, formats: Mapping[str, Format]
) -> FormatChange:
    new = formats[now.format]
    steady = _steady([formats[each.format] for each in before])
    kept = {name: each for name, each in steady.items() if name in new}
    return FormatChange(
        at=now.started_at,
        recording_id=now.recording_id,
        recorder=now.recorder,
        software_before=before[-1].software,
        software=now.software,
        vanished=tuple(sorted(steady.keys() - new.keys())),
        rates=tuple(
            f"{name} {old[0]:g} -> {new[name][0]:g} Hz"
            for name, old in sorted(kept.items())
            if old[0] != new[name][0]
        ),
        ranges=tuple(
            f"{name} {_range(old)} -> {_range(new[name])}"
            for name, old in sorted(kept.items())
            if list(old[1:]) != list(new[name][1:])
        ),
    )


def _steady(formats: Sequence[Format]) -> Format:
    """What is the same in all of some formats."""
    first, *others = formats
    return {
        name: each
        for name, each in first.items()
        if all(list(other.get(name, ())) == list(each) for other in others)
    }


def _range(given: Sequence[object]) -> str:
    _, unit, low, high = given
    span = "any value" if low is None else f"{low:g} to {high:g}"
    return f"{span} {unit}".strip()
