"""The only consoles: names and messages of other systems are shown as plain text.

An archive's name may hold terminal escapes, which rename windows or hide lines, and square
brackets, which rich reads as styles. Here neither has any effect.
"""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text

from dataflow_health.plain_text import UNSAFE, shown


class SafeConsole(Console):
    """A console that shows control characters as escapes and knows no markup."""

    def render_str(self, text: str, **named: Any) -> Text:  # noqa: ANN401
        """A string as rich measures and prints it, already safe, so that tables stay straight."""
        return super().render_str(shown(text), **named)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Segments of a renderable, their text safe for a terminal."""
        for segment in super().render(renderable, options):
            if segment.control is None and UNSAFE.search(segment.text):
                yield Segment(shown(segment.text), segment.style)
            else:
                yield segment


def console(*, stderr: bool = False, quiet: bool = False, highlight: bool = True) -> Console:
    """A console for texts that may come from anywhere.

    Args:
        stderr: Write to standard error.
        quiet: Write nothing.
        highlight: Colour numbers and paths.
    """
    return SafeConsole(stderr=stderr, quiet=quiet, highlight=highlight, markup=False, emoji=False)


def natural_width(renderable: RenderableType) -> int:
    """Columns that a table takes when nothing in it is wrapped or cut."""
    wide = console()
    return Measurement.get(wide, wide.options.update(max_width=10_000), renderable).maximum
