"""Settings of an algorithm in words: kind and limits, as in its YAML file."""

from collections.abc import Iterator, Mapping

from dataflow_health.flight.algorithms.algorithm import Algorithm

_DESCRIPTIONS = {"kind", "describes", "source", "severity", "during", "lasting", "examples"}
"""Keys that say nothing about the limit, or are named on their own."""


def criteria(algorithm: Algorithm) -> Iterator[tuple[str, str]]:
    """Name and value of every setting that decides what the algorithm finds."""
    settings = algorithm.model_dump(mode="json", exclude=_DESCRIPTIONS, exclude_defaults=True)
    for key, value in settings.items():
        yield key, format_value(value)


def lasting_s(algorithm: Algorithm) -> float | None:
    """Shortest duration of a finding in seconds; None without one."""
    lasting = getattr(algorithm, "lasting", None)
    return lasting.total_seconds() if lasting else None


def limit(algorithm: Algorithm) -> str:
    """The limit in one line: ``rotor_speed_pct > 107, for at least 1 s, in flight``."""
    parts = [value if key == "when" else f"{key} {value}" for key, value in criteria(algorithm)]
    parts = parts or [algorithm.kind]
    if (seconds := lasting_s(algorithm)) is not None:
        parts.append(f"for at least {seconds:g} s")
    if algorithm.during:
        parts.append(f"during {', '.join(algorithm.during)}")
    return ", ".join(parts)


def format_value(value: object) -> str:
    """A value of a YAML file as text, mappings and lists with commas."""
    match value:
        case Mapping():
            parts = [
                f"{key} {format_value(part)}" for key, part in value.items() if part is not None
            ]
            return ", ".join(parts)
        case list() | tuple():
            return ", ".join(map(format_value, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)
