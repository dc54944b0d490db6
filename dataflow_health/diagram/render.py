"""Renders Mermaid text as SVG and PNG offline, with ``mermaid-render`` (extra ``svg``).

The renderer drops links and names a single font; this module adds the links and fallback fonts.
"""

import importlib
import re
from functools import lru_cache
from types import ModuleType
from xml.etree import ElementTree as ET

from dataflow_health.errors import RendererMissing

NAMESPACE = "http://www.w3.org/2000/svg"

FONTS = "'Noto Sans',Verdana,'DejaVu Sans',sans-serif"
"""Fonts about as wide as the renderer's Noto Sans, so that labels fit."""

_CLICK = re.compile(r'^ *click (\w+) href "(https?://[^"]*)"(?: "([^"]*)")? _blank$', re.MULTILINE)
_CHECK_MARK = "#10003;"


@lru_cache(maxsize=64)
def svg(text: str) -> str:
    """Renders Mermaid text as SVG, with the links of its nodes.

    Raises:
        RendererMissing: The extra ``svg`` is not installed.
        ValueError: The text is not valid Mermaid.
    """
    rendered = _renderer().mermaid_to_svg(_without_links(text)).decode()
    rendered = rendered.replace("font-family:Noto Sans", f"font-family:{FONTS}")
    links = {name: (url, tooltip) for name, url, tooltip in _CLICK.findall(text)}
    return _add_links(rendered, links)


def png(text: str, *, scale: float = 2.0) -> bytes:
    """Renders Mermaid text as PNG.

    The bundled font lacks the check mark, which is replaced by OK.

    Args:
        text: Mermaid text.
        scale: Pixels for each unit of the SVG.

    Raises:
        RendererMissing: The extra ``svg`` is not installed.
        ValueError: The text is not valid Mermaid, or the image would exceed 100 megapixels.
    """
    pixels: bytes = _renderer().mermaid_to_png(
        _without_links(text).replace(_CHECK_MARK, "OK"), scale=scale
    )
    return pixels


def _without_links(text: str) -> str:
    """The text without links, which the renderer drops but counts: it takes 50,000 characters."""
    return _CLICK.sub("", text)


def _renderer() -> ModuleType:
    try:
        return importlib.import_module("mermaid_render")
    except ImportError:
        raise RendererMissing(
            "SVG and PNG need an optional package: pip install 'dataflow-health[svg]'. "
            "The Mermaid text works without it and opens in any Mermaid viewer."
        ) from None


def _add_links(rendered: str, links: dict[str, tuple[str, str]]) -> str:
    ET.register_namespace("", NAMESPACE)
    root = ET.fromstring(rendered)  # noqa: S314  (our own renderer's output)
    for parent in list(root.iter(f"{{{NAMESPACE}}}g")):
        for index, child in enumerate(list(parent)):
            link = links.get(child.get("data-id", ""))
            if link and "pele-node" in child.get("class", ""):
                parent[index] = _link(child, *link)
    return ET.tostring(root, encoding="unicode")


def _link(node: ET.Element, url: str, tooltip: str) -> ET.Element:
    link = ET.Element(f"{{{NAMESPACE}}}a", {"href": url, "target": "_blank", "rel": "noopener"})
    title = ET.SubElement(link, f"{{{NAMESPACE}}}title")
    title.text = tooltip
    link.append(node)
    return link
