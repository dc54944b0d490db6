"""Every page is without a fault that axe-core finds, in light and dark, and works by keyboard."""

from pathlib import Path
from typing import Any

import pytest

from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.web.screen import PHONE, Screen, sign_in

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = """axe.run(document, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}).then(found => found.violations.map(each => {
  const places = each.nodes.slice(0, 3).map(node => node.html.slice(0, 200));
  return `${each.id}: ${each.help}: ${places.join(' | ')}`;
}))"""

FLIGHT = f"/recordings/{scene.recording_id(0)}?p=pressure_altitude_ft"
PAGES = {
    "board": ("/", ".aircraft li"),
    "kiosk": ("/?kiosk=1", ".aircraft li"),
    "past": ("/?at=2026-01-01T00:00:00Z", ".board"),
    "reason": ("/?process=parse", ".reason button:text('Write off')"),
    "coverage": ("/?aircraft=HB-Z02", ".reason table"),
    "history": ("/history", ".day-bars"),
    "compare": ("/compare", ".stacked tbody tr"),
    "incidents": ("/incidents", "tbody tr"),
    "incident": ("/incidents?incident=3", ".reason button:text('Resolve')"),
    "findings": ("/findings", "tbody tr"),
    "lineage": ("/lineage?node=algorithm:rotor_droop", ".lineage svg"),
    "flight": (FLIGHT, ".u-over"),
}
"""Address of each page, and what is there once it is drawn."""


def violations(page: Any) -> list[str]:
    """Faults of the page as it is shown."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci --prefix web")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RULES)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_in_light_and_dark_and_on_a_phone(screen: Screen, name: str) -> None:
    sign_in(screen)
    path, drawn = PAGES[name]
    page = screen.page
    page.emulate_media(reduced_motion="reduce")
    screen.open(path)
    page.locator(drawn).first.wait_for()
    found = {"light": violations(page)}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark"] = violations(page)
    screen.shoot(f"{name}_dark")
    page.set_viewport_size(PHONE)
    found["phone"] = violations(page)
    screen.shoot(f"{name}_phone")
    assert found == {"light": [], "dark": [], "phone": []}
    assert screen.fits_in_width()


def test_the_key_form_is_accessible(screen: Screen) -> None:
    screen.open()
    screen.page.get_by_label("Key of the API").wait_for()
    assert violations(screen.page) == []


def test_a_process_is_opened_and_left_by_keyboard(screen: Screen) -> None:
    sign_in(screen)
    screen.open()
    page = screen.page
    page.locator(".card.FAILED").wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.card.FAILED') !== null"):
            break
    page.keyboard.press("Enter")
    page.get_by_text("Remove the cause").wait_for()
    assert page.evaluate("document.activeElement.className") == "reason"
    page.keyboard.press("Escape")
    page.get_by_text("Remove the cause").wait_for(state="detached")
    assert page.evaluate("document.activeElement.closest('.card.FAILED') !== null"), "focus is lost"
