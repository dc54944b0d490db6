"""Format drift: parameters that vanish, or change rate, unit or range, from a recording on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile

from pydantic import AwareDatetime

from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health.health.report import ReportModel

BASELINE = 5
"""Earlier recordings that must agree: what comes and goes from flight to flight is no drift."""

MIN_BASELINE = 3
"""Fewest that must agree where the recorder's software is the same."""

SHORTEST_S = 300
"""Shorter recordings are left out: slow parameters may have no sample in them."""

MAX_RATE_RATIO = 1.3
"""Rates nearer to each other than this are one: 12.5 Hz is measured as 12 or 13 rows in most
seconds, 2.5 Hz as 2 or 2.5. A recorder that changes a rate doubles or halves it."""

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
        is_declared: Whether the recordings were read with other declarations or another mapping:
            then the operator's edit explains the change, and it is no drift of the recorder.
        known_at: First arrival of a recording of the new format, UTC; long after the start when
            only a late card has it.
    """

    at: AwareDatetime
    recording_id: str
    recorder: str
    software_before: str | None = None
    software: str | None = None
    vanished: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    is_declared: bool = False
    known_at: AwareDatetime

    def __str__(self) -> str:
        changed = self.software_before != self.software
        software = f"software {self.software_before} -> {self.software}" if changed else ""
        lists = {"vanished": self.vanished, "rate": self.rates, "range": self.ranges}
        parts = [f"{name}: {', '.join(each)}" for name, each in lists.items() if each]
        head = f"{self.at:%Y-%m-%d %H:%M}Z {self.recorder}"
        head += (
            ": layout, mapping or decoder changed, no drift of the recorder"
            if self.is_declared
            else ""
        )
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
        before, now = _comparable(group[max(0, at - BASELINE) : at], group[at]), group[at]
        is_explained = now.software != before[-1].software or now.declared != before[-1].declared
        if now.format != before[-1].format and (len(before) >= MIN_BASELINE or is_explained):
            change = _compare(before, group[at:], formats)
            if change.vanished or change.rates or change.ranges:
                yield change


def _comparable(before: Sequence[RecordedFlight], now: RecordedFlight) -> Sequence[RecordedFlight]:
    """Earlier recordings that were read with the same declarations; all where none was."""
    return [each for each in before if each.declared == now.declared] or before


def _compare(
    before: Sequence[RecordedFlight],
    since: Sequence[RecordedFlight],
    formats: Mapping[str, Format],
) -> FormatChange:
    """What is different in a recording, the first of ``since``, from all before it."""
    now, new = since[0], formats[since[0].format]
    steady = _steady([formats[each.format] for each in before])
    kept = {name: each for name, each in steady.items() if name in new}
    alike = takewhile(lambda each: each.format == now.format, since)
    return FormatChange(
        at=now.started_at,
        known_at=min(each.arrived_at for each in alike),
        recording_id=now.recording_id,
        recorder=now.recorder,
        software_before=before[-1].software,
        software=now.software,
        vanished=tuple(sorted(steady.keys() - new.keys())),
        rates=tuple(
            f"{name} {old[0]:g} -> {new[name][0]:g} Hz"
            for name, old in sorted(kept.items())
            if not _is_one_rate(old[0], new[name][0])
        ),
        ranges=tuple(
            f"{name} {_range(old)} -> {_range(new[name])}"
            for name, old in sorted(kept.items())
            if list(old[1:]) != list(new[name][1:])
        ),
        is_declared=now.declared != before[-1].declared,
    )


def _steady(formats: Sequence[Format]) -> Format:
    """What is the same in all of some formats."""
    first, *others = formats
    return {
        name: each
        for name, each in first.items()
        if all(name in other and _is_same(each, other[name]) for other in others)
    }


def _is_same(first: Sequence[object], second: Sequence[object]) -> bool:
    return list(first[1:]) == list(second[1:]) and _is_one_rate(first[0], second[0])


def _is_one_rate(first: object, second: object) -> bool:
    """Whether two measured rates may be of one rate; a rate of 0 is that of events."""
    low, high = sorted((float(str(first)), float(str(second))))
    return high <= low * MAX_RATE_RATIO


def _range(given: Sequence[object]) -> str:
    _, unit, low, high = given
    span = "any value" if low is None else f"{low:g} to {high:g}"
    return f"{span} {unit}".strip()
