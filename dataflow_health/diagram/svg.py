"""Mermaid text as SVG and PNG, offline, by ``mermaid-render`` (extra ``svg``).

The renderer drops links and names one font only; both are put right here.
"""

import importlib
import re
from functools import lru_cache
from types import ModuleType
from xml.etree import ElementTree as ET

from dataflow_health.errors import RendererMissing

NAMESPACE = "http://www.w3.org/2000/svg"

FONTS = "'Noto Sans',Verdana,'DejaVu Sans',sans-serif"
"""Widths of these are near enough to the renderer's Noto Sans that labels fit."""

_CLICK = re.compile(r'^ *click (\w+) href "(https?://[^"]*)" "([^"]*)" _blank$', re.MULTILINE)
_TICK = "#10003;"


@lru_cache(maxsize=64)
def svg(text: str) -> str:
    """Renders Mermaid text, each node linked as the text says.

    Raises:
        RendererMissing: The extra ``svg`` is not installed.
        ValueError: The text is no valid Mermaid.
    """
    rendered = _renderer().mermaid_to_svg(text).decode()
    rendered = rendered.replace("font-family:Noto Sans", f"font-family:{FONTS}")
    return _linked(rendered, {name: (url, tip) for name, url, tip in _CLICK.findall(text)})


def png(text: str, *, scale: float = 2.0) -> bytes:
    """Renders Mermaid text to pixels, ``scale`` of them to a unit of the SVG.

    The bundled font has no tick, so it is written OK.

    Raises:
        RendererMissing: The extra ``svg`` is not installed.
        ValueError: The text is no valid Mermaid, or the picture would pass 100 megapixels.
    """
    pixels: bytes = _renderer().mermaid_to_png(text.replace(_TICK, "OK"), scale=scale)
    return pixels


def _renderer() -> ModuleType:
    try:
        return importlib.import_module("mermaid_render")
    except ImportError:
        raise RendererMissing(
            "SVG and PNG need the extra: pip install 'dataflow-health[svg]'; "
            "the Mermaid text itself can be shown by any Mermaid viewer"
        ) from None


def _linked(rendered: str, links: dict[str, tuple[str, str]]) -> str:
    ET.register_namespace("", NAMESPACE)
    root = ET.fromstring(rendered)  # noqa: S314  (our own renderer's output)
    for parent in list(root.iter(f"{{{NAMESPACE}}}g")):
        for place, child in enumerate(list(parent)):
            link = links.get(child.get("data-id", ""))
            if link and "pele-node" in child.get("class", ""):
                parent[place] = _link(child, *link)
    return ET.tostring(root, encoding="unicode")


def _link(node: ET.Element, url: str, tooltip: str) -> ET.Element:
    link = ET.Element(f"{{{NAMESPACE}}}a", {"href": url, "target": "_blank", "rel": "noopener"})
    title = ET.SubElement(link, f"{{{NAMESPACE}}}title")
    title.text = tooltip
    link.append(node)
    return link
