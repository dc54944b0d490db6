"""Time spans as text for people."""

from datetime import timedelta

_UNITS_S = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def format_duration(duration: timedelta) -> str:
    """A time span in its two largest units: ``1 d 2 h``, ``3 min 20 s``, ``0.5 s``."""
    if abs(duration) < timedelta(seconds=1):
        return f"{round(duration.total_seconds(), 3):g} s"
    remaining_s = int(abs(duration).total_seconds())
    parts: list[str] = []
    for unit, size_s in _UNITS_S:
        number, remaining_s = divmod(remaining_s, size_s)
        parts += [f"{number} {unit}"] if number else []
    return ("-" if duration < timedelta(0) else "") + " ".join(parts[:2])
