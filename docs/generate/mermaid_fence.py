"""Draws the Mermaid blocks of the site when it is built: a reader's browser fetches nothing."""

from dataflow_health.diagram import render


def draw(source: str, *_: object, **__: object) -> str:
    """A figure with the diagram as SVG; called as ``pymdownx.superfences`` calls a fence."""
    return f'<figure class="diagram">{render.svg(source)}</figure>'
