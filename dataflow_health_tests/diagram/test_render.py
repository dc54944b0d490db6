import importlib
import re
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.diagram.mermaid import draw
from dataflow_health.diagram.render import png, svg
from dataflow_health.errors import RendererMissing
from dataflow_health_tests.diagram import scenes

UI = "http://localhost:3000"
SVG = "{http://www.w3.org/2000/svg}"


def test_every_node_has_a_link_and_a_tooltip() -> None:
    text = draw(scenes.database_down(), base_url=UI)
    root = ET.fromstring(svg(text))
    links = {a.get("href"): a.findtext(f"{SVG}title") for a in root.iter(f"{SVG}a")}
    assert f"{UI}/assets/results_database?view=checks&checkDetail=database_answers" in links
    assert links[f"{UI}/assets/load"] is not None
    assert len(list(root.iter(f"{SVG}a"))) == text.count("  click ")


def test_the_svg_shows_names_and_symbols() -> None:
    words = "".join(ET.fromstring(svg(draw(scenes.database_down()))).itertext())
    assert "× results_database" in words  # noqa: RUF001
    assert "‖ load" in words
    assert "✓ spark" in words
    assert "connection refused" in words


def test_a_diagram_without_links_has_no_anchors() -> None:
    assert "<a " not in svg(draw(scenes.healthy_except()))


def test_fonts_fall_back_to_common_ones() -> None:
    picture = svg(draw(scenes.healthy_except()))
    assert "font-family:'Noto Sans',Verdana,'DejaVu Sans',sans-serif" in picture


def test_a_link_with_another_scheme_is_dropped() -> None:
    text = 'flowchart TB\n  a["x"]\n  click a href "javascript:alert(1)" "x" _blank\n'
    assert "javascript" not in svg(text)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.text(max_size=80))
def test_no_text_becomes_markup(given_text: str) -> None:
    root = ET.fromstring(svg(draw(scenes.hostile(given_text), base_url=UI)))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "text", "tspan", "g", "rect", "path", "a", "polygon"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in attributes if name.lower().startswith("on")]


def test_a_hostile_name_is_shown_as_text() -> None:
    root = ET.fromstring(svg(draw(scenes.hostile())))
    assert "<script>window.pwned=1" in "".join(root.itertext())


def test_a_png_has_the_size_of_the_svg_times_its_scale() -> None:
    text = draw(scenes.healthy_except())
    found = re.search(r'width="(\d+)" height="(\d+)"', svg(text.replace("#10003;", "OK")))
    assert found
    pixels = png(text, scale=0.5)
    assert pixels.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(pixels[at : at + 4]) for at in (16, 20))
    assert abs(width - int(found[1]) / 2) <= 1
    assert abs(height - int(found[2]) / 2) <= 1


def test_invalid_mermaid_is_rejected() -> None:
    with pytest.raises(ValueError, match="Parse error"):
        svg("flowchart TB\n  a[")


def test_a_missing_renderer_names_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mermaid_render", None)
    importlib.invalidate_caches()
    with pytest.raises(RendererMissing, match=r"pip install 'dataflow-health\[svg\]'"):
        svg("flowchart TB\n  not_cached\n")
