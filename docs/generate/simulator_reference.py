"""Generates the tables of ``docs/simulator.md`` from the layout and the registries."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataflow_health.flight.layout import Conversion, Layout, Linear, Parameter, Part, Polynomial
from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.layouts import GENERIC, generic_layout
from docs.generate.markdown import code, replace_generated, table

EVENT_HEADER = ("event and its algorithm", "what happens", "duration (s)", "default peak")
FAULT_HEADER = ("fault", "description", "level", "stage", "outcome", "reason, check or algorithm")
LAYOUT_HEADER = (
    "parameter", "unit", "Hz", "word", "bits", "subframes", "coding", "value", "describes",
)  # fmt: skip

MAX_LISTED_WORDS = 4
"""Parameters with this many samples a second show their first word and their spacing."""


def update(page: str) -> str:
    """Replaces the generated tables of a page."""
    return replace_generated(page, _sections())


def _sections() -> Iterator[str]:
    layout = generic_layout()
    parameters = layout.parameters.items()
    rows = [_parameter_row(layout, name, parameter) for name, parameter in parameters]
    yield f"## Events\n\n{table(EVENT_HEADER, map(_event_row, EVENT_KINDS))}"
    yield f"## Faults\n\n{table(FAULT_HEADER, map(_fault_row, FAULT_KINDS))}"
    yield f"## The layout `{GENERIC}`\n\n{table(LAYOUT_HEADER, rows)}"


def _event_row(name: str) -> tuple[str, ...]:
    kind = EVENT_KINDS[name]
    return code(name), kind.describes, f"{kind.lasting_s}", f"{kind.peak:g}"


def _fault_row(name: str) -> tuple[str, ...]:
    kind = FAULT_KINDS[name]
    return code(name), kind.describes, kind.level, kind.stage, kind.outcome, code(kind.reason)


def _parameter_row(layout: Layout, name: str, parameter: Parameter) -> tuple[str, ...]:
    first = parameter.samples[0]
    return (
        code(name),
        parameter.unit,
        f"{parameter.rate_hz:.3g}",
        _words(layout, parameter),
        ", ".join(f"{part.bits[0]}-{part.bits[1]}" for part in _distinct_bits(first)),
        _subframes(first[0]),
        parameter.coding,
        "" if parameter.is_text or parameter.states else _formula(parameter.conversion),
        parameter.describes,
    )


def _distinct_bits(parts: Sequence[Part]) -> Sequence[Part]:
    """All parts, or only the first if they all use the same bits."""
    return parts[:1] if len({part.bits for part in parts}) == 1 else parts


def _words(layout: Layout, parameter: Parameter) -> str:
    words = [part.word for sample in parameter.samples for part in sample]
    if len(parameter.samples) < MAX_LISTED_WORDS:
        return ", ".join(map(str, words))
    return f"{words[0]}, every {layout.words_per_subframe // len(words)}"


def _subframes(part: Part) -> str:
    subframes = "" if len(part.subframes) == 4 else f"subframe {_joined(part.subframes)}"
    frames = f"frame {_joined(part.frames)}" if part.frames else ""
    return ", ".join(filter(None, (subframes, frames))) or "all"


def _joined(numbers: Sequence[int]) -> str:
    return " and ".join(map(str, numbers))


def _formula(conversion: Conversion) -> str:
    if isinstance(conversion, Linear):
        offset = f" {conversion.offset:+.10g}" if conversion.offset else ""
        return f"{conversion.scale:.10g} n{offset}"
    if isinstance(conversion, Polynomial):
        powers = ("", " n", " n²", " n³")
        terms = zip(conversion.coefficients, powers, strict=False)
        return " ".join(f"{coefficient:+.10g}{power}" for coefficient, power in terms).lstrip("+")
    return "line through " + ", ".join(f"({n:g}, {value:g})" for n, value in conversion.points)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(update(path.read_text(encoding="utf-8")), encoding="utf-8")
