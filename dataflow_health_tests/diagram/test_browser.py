"""Diagrams rendered by the real mermaid.js in a real browser.

The library comes from ``npm install`` in ``examples/react`` or from the file in MERMAID_JS.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.diagram.mermaid import draw
from dataflow_health.diagram.render import svg
from dataflow_health.diagram.strip import draw_strip_svg
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.diagram.test_mermaid import SCENES, UI

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
IN_NPM = ROOT / "examples" / "react" / "node_modules" / "mermaid" / "dist" / "mermaid.min.js"

RENDER = """async (text) => {
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
  const { svg } = await mermaid.render("drawn", text);
  document.body.innerHTML = svg;
  return {
    words: document.body.innerText,
    links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("xlink:href")),
    injected: document.body.querySelectorAll("script, img, iframe, object").length,
    pwned: window.pwned ?? 0,
  };
}"""


def mermaid_js() -> Path:
    path = os.environ.get("MERMAID_JS")
    return Path(path) if path else IN_NPM


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    return browser.new_page()


@pytest.fixture
def mermaid_page(page: Any) -> Any:
    if not mermaid_js().is_file():
        pytest.skip("no mermaid.min.js: npm install in examples/react, or set MERMAID_JS")
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(path=str(mermaid_js()))
    return page


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("expand", [False, True])
def test_mermaid_draws_every_scene(mermaid_page: Any, scene: str, expand: bool) -> None:
    text = draw(SCENES[scene](), base_url=UI, expand=expand)
    shown = mermaid_page.evaluate(RENDER, text)
    for process in SCENES[scene]().processes:
        assert f"{process.status.symbol} {process.name}" in shown["words"]
    assert len(shown["links"]) == text.count("  click ")
    assert f"{UI}/assets/parse" in shown["links"]


def test_mermaid_shows_a_hostile_name_without_running_it(mermaid_page: Any) -> None:
    shown = mermaid_page.evaluate(RENDER, draw(scenes.hostile(), base_url=UI))
    assert "<script>window.pwned=1</script>" in shown["words"]
    assert (shown["injected"], shown["pwned"]) == (0, 0)


def test_our_svg_shows_words_and_links_in_a_browser(page: Any) -> None:
    report = scenes.database_down()
    picture = svg(draw(report, base_url=UI)) + draw_strip_svg(report.processes)
    page.set_content(f"<!doctype html><body>{picture}</body>")
    assert page.evaluate("window.pwned ?? 0") == 0
    assert "results_database" in page.inner_text("body")
    box = page.locator('a[href$="/assets/results_database"]').first.bounding_box()
    assert box["width"] > 50
