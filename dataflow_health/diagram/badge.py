"""A badge: a name and its status as a small SVG, for a README or a wiki page."""

from html import escape

from dataflow_health.diagram.escape import single_line
from dataflow_health.diagram.palette import PALETTE
from dataflow_health.health.status import Status

_CHARACTER = 7
_PADDING = 10
_SYMBOLS = "".join(status.symbol for status in Status) + " "


def draw_badge(name: str, status: Status) -> str:
    """Draws ``name | status``; the name is cut at 40 characters."""
    colours = PALETTE[status]
    return draw_label(
        single_line(name, 40), f"{status.symbol} {status}", colours.fill, colours.text
    )


def draw_label(left: str, right: str, fill: str, text: str) -> str:
    """Draws ``left | right``, the right part in its own colours.

    Args:
        left: Text on dark ground.
        right: Text on the ground ``fill``.
        fill: Colour of the right ground.
        text: Colour of the right text.
    """
    left_px, right_px = (_CHARACTER * len(text) + 2 * _PADDING for text in (left, right))
    title = escape(f"{left}: {right.lstrip(_SYMBOLS)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left_px + right_px}" height="20"'
        f' role="img" aria-label="{title}"><title>{title}</title>'
        f'<path fill="#24292f" d="M0 0h{left_px}v20H0z"/>'
        f'<path fill="{fill}" d="M{left_px} 0h{right_px}v20H{left_px}z"/>'
        '<g text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{left_px // 2}" y="14" fill="#ffffff">{escape(left)}</text>'
        f'<text x="{left_px + right_px // 2}" y="14" fill="{text}">{escape(right)}</text>'
        "</g></svg>"
    )
