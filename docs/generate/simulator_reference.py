"""Writes the tables of ``docs/simulator.md`` from the layout and the registries.

The prose above :data:`MARK` is written by hand; all below it comes from here.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataflow_health.flight.layout import Conversion, Layout, Linear, Parameter, Part, Polynomial
from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.layouts import GENERIC, generic_layout

MARK = "<!-- Below this line all is written from the layout and the registries. -->\n"

EVENT_HEADS = ("event, and the algorithm that finds it", "what happens", "lasts s", "goes to")
FAULT_HEADS = ("fault", "what is wrong", "in", "shows at", "outcome", "reason, check or algorithm")
LAYOUT_HEADS = ("parameter", "unit", "Hz", "word", "bits", "in", "coding", "value", "what it is")

FEW_PLACES = 4
"""More samples in a second than this are told by the first and how far they stand apart."""


def with_tables(text: str) -> str:
    """A page with the tables below its mark written anew."""
    return text.partition(MARK)[0] + MARK + "".join(f"\n{section}" for section in _sections())


def _sections() -> Iterator[str]:
    yield "## Events\n"
    heads = (
        "event, and the algorithm that finds it",
        "what happens",
        "lasts s",
        "peak, by default",
    )
    yield _table(heads, [_event(name) for name in EVENT_KINDS])
    yield "## Faults\n"
    yield _table(FAULT_HEADS, [_fault(name) for name in FAULT_KINDS])
    yield f"## The layout `{GENERIC}`\n"
    layout = generic_layout()
    rows = [_parameter(layout, name, parameter) for name, parameter in layout.parameters.items()]
    yield _table(LAYOUT_HEADS, rows)


def _event(name: str) -> tuple[str, ...]:
    kind = EVENT_KINDS[name]
    return f"`{name}`", kind.describes, f"{kind.lasting_s}", f"{kind.peak:g}"


def _fault(name: str) -> tuple[str, ...]:
    kind = FAULT_KINDS[name]
    return f"`{name}`", kind.describes, kind.level, kind.stage, kind.outcome, _code(kind.reason)


def _parameter(layout: Layout, name: str, parameter: Parameter) -> tuple[str, ...]:
    first = parameter.samples[0]
    return (
        f"`{name}`",
        parameter.unit,
        f"{parameter.rate_hz:.3g}",
        _places(layout, parameter),
        ", ".join(f"{part.bits[0]}-{part.bits[1]}" for part in _unlike(first)),
        _when(first[0]),
        parameter.coding,
        "" if parameter.is_text or parameter.states else _formula(parameter.conversion),
        parameter.describes,
    )


def _unlike(parts: Sequence[Part]) -> Sequence[Part]:
    return parts[:1] if len({part.bits for part in parts}) == 1 else parts


def _places(layout: Layout, parameter: Parameter) -> str:
    words = [part.word for sample in parameter.samples for part in sample]
    if len(parameter.samples) < FEW_PLACES:
        return ", ".join(map(str, words))
    return f"{words[0]}, every {layout.words_per_subframe // len(words)}"


def _when(part: Part) -> str:
    subframes = "" if len(part.subframes) == 4 else f"subframe {_listed(part.subframes)}"
    frames = f"frame {_listed(part.frames)}" if part.frames else ""
    return ", ".join(filter(None, (subframes, frames))) or "all"


def _listed(numbers: Sequence[int]) -> str:
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


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
