"""Start of a recording whose clock has no date: the date by the name, the time by the clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dataflow_health.flight.recording import DecodedRecording

_DAYS = (-1, 0, 1)
"""Days around the named one on which the clock's time of day may lie."""


def date_by_name(decoded: DecodedRecording, named_started_at: datetime | None) -> DecodedRecording:
    """The recording with a start, where its clock has a time of day and its name a date.

    The start is the clock's time of day nearest to the named start: name and clock may lie on
    different sides of midnight.

    Args:
        decoded: The recording.
        named_started_at: Start of the recording by its name, in UTC.
    """
    if decoded.started_at or decoded.clock_s is None or named_started_at is None:
        return decoded
    named = named_started_at.astimezone(UTC)
    midnight = named.replace(hour=0, minute=0, second=0, microsecond=0)
    times = [midnight + timedelta(days=day, seconds=decoded.clock_s) for day in _DAYS]
    started_at = min(times, key=lambda each: abs(each - named))
    note = f"the clock has no date; {started_at:%Y-%m-%d} is by the name"
    return replace(decoded, started_at=started_at, notes=(*decoded.notes, note))
