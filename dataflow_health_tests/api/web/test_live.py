"""The page of live signals: the real API, the real producer, a real browser."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.api.app import create_app
from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.api.web.screen import PHONE, SCREEN, Screen, sign_in
from dataflow_health_tests.api.web.test_accessibility import violations
from dataflow_health_tests.waiting import LIMIT_S

pytestmark = pytest.mark.browser

LIMIT = """\
describes: The sine wave is higher than it should be.
source: A test.
severity: warning
kind: exceedance
when: sine_wave > 8 or sine_wave < -20
examples:
  - given: {sine_wave: [1, 9, 1]}
    expect: [{start_s: 1, end_s: 1}]
"""
SILENT = """\
describes: Values of senders.
external: true
checks:
  - {kind: signals_arrive, at_most: PT3S}
"""
FIVE = ["cosine_wave", "damped_oscillation", "random_noise", "random_walk", "sine_wave"]


@pytest.fixture
def live(browser: Any, tmp_path: Path) -> Iterator[Screen]:
    """The page of an installation with one limit; a signal is silent after three seconds."""
    config = tmp_path / "config"
    for folder, name, text in (
        ("live_algorithms", "sine_wave_high", LIMIT),
        ("processes", "live_signals", SILENT),
    ):
        (config / folder).mkdir(parents=True)
        (config / folder / f"{name}.yaml").write_text(text)
    chosen = installation.settings(tmp_path, api_keys=KEYS, config=config, api_probes=False)
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(LIMIT_S * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: "Content Security" in said.text and errors.append(said.text))
    with installation.served(create_app(chosen)) as url:
        screen = Screen(page, url)
        sign_in(screen)
        yield screen
        page.close()
    assert errors == []


@contextmanager
def producer(url: str, rate_hz: int = 10) -> Iterator[None]:
    """The command ``simulate --live``, until the block ends."""
    words = [sys.executable, "-m", "dataflow_health.cli", "simulate", "--live", "--url", url]
    key = {"DATAFLOW_HEALTH_API_KEY": "anna"}
    command = [*words, "--rate", str(rate_hz)]
    with subprocess.Popen(command, env=key, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def plot_points(screen: Screen, name: str) -> int:
    """Number of values that the text of a plot says."""
    text = screen.page.get_by_role("region", name=name).locator("p").first.inner_text()
    words = text.split()
    return int(words[words.index("values") - 1]) if "values" in words else 0


def test_values_are_shown_as_they_come_with_their_limit_and_its_crossings(live: Screen) -> None:
    page = live.page
    live.open("/live?s=sine_wave&s=random_walk&range=1m")
    page.get_by_text("No signal has arrived yet").wait_for()
    with producer(live.url):
        page.get_by_text("✓ streaming").wait_for()
        rows = page.get_by_role("row").filter(has_text="simulator")
        rows.nth(4).wait_for()
        shown = [each.split()[0].replace("\u200b", "") for each in rows.all_inner_texts()]
        assert shown == FIVE
        assert rows.filter(has_text=" V").count() == 5
        page.get_by_text("sine_wave_high (warning): above 8 or below -20").wait_for()
        page.get_by_role("link", name="sine_wave_high").first.wait_for()
        page.get_by_text("! over the limit").or_(page.get_by_text("peak")).first.wait_for()
        before = plot_points(live, "sine_wave")
        page.wait_for_function(
            "before => parseInt(document.querySelector('[aria-label=sine_wave] p')"
            ".innerText.match(/(\\d+) values/)?.[1] ?? 0) > before + 20",
            arg=before,
        )
        live.shoot("live")
        page.get_by_label("cosine_wave").check()
        page.get_by_role("region", name="cosine_wave").locator(".u-over").wait_for()
        assert page.url.endswith("/live?range=1m&s=sine_wave&s=random_walk&s=cosine_wave")
        page.get_by_role("link", name="sine_wave_high").first.click()
        page.get_by_role("button", name="Live").wait_for()
        assert "from=" in page.url
        page.get_by_role("button", name="Live").click()
        page.get_by_text("✓ streaming").wait_for()
    page.get_by_text("ALL SIGNALS SILENT").wait_for()
    page.locator("td .mark.FAILED").nth(4).wait_for()
    live.shoot("live_silent")


def test_the_page_polls_without_the_stream_and_says_when_the_api_is_gone(live: Screen) -> None:
    page = live.page
    page.route("**/telemetry/stream**", lambda route: route.abort())
    with producer(live.url):
        live.open("/live")
        page.get_by_text("! polling").wait_for()
        page.get_by_role("region", name="cosine_wave").get_by_text(" values").wait_for()
        page.unroute("**/telemetry/stream**")
        page.get_by_text("✓ streaming").wait_for()
        page.route("**/api/**", lambda route: route.abort())
        page.get_by_text("NO CONNECTION").wait_for()
        rows = page.get_by_role("row").filter(has_text="simulator")
        assert rows.count() == 5, "what was known stays"
        assert rows.filter(has_text="? unknown").count() == 5
        live.shoot("live_gone")
        page.unroute("**/api/**")
        page.get_by_text("✓ streaming").wait_for()


def test_a_page_holds_a_bounded_number_of_points(live: Screen) -> None:
    begin = utc_now() - timedelta(seconds=60)
    with Client(live.url, "anna") as api:
        api.send_samples((begin, {"a": -1.0}))
        live.open("/live?s=a&range=15m")
        live.page.get_by_text("✓ streaming").wait_for()
        for number in range(1, 26):
            first = begin + number * timedelta(seconds=0.5)
            times = [first + n * timedelta(milliseconds=1) for n in range(400)]
            api.send_samples(*((at, {"a": float(number)}) for at in times))
            live.page.wait_for_timeout(500)
        live.page.get_by_text("-1 to 25, ").wait_for()
    assert 900 < plot_points(live, "a") <= 2000 + SCREEN["width"]


def test_the_page_is_accessible_in_light_and_dark_by_keyboard_and_on_a_phone(live: Screen) -> None:
    page = live.page
    page.emulate_media(reduced_motion="reduce")
    with producer(live.url):
        live.open("/live?s=sine_wave&range=5m")
        page.get_by_role("link", name="sine_wave_high").first.wait_for()
        found = {"light": violations(page)}
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        page.wait_for_timeout(1200)
        found["dark"] = violations(page)
        live.shoot("live_dark")
        page.get_by_label("random_noise").focus()
        page.keyboard.press("Space")
        page.get_by_role("region", name="random_noise").locator(".u-over").wait_for()
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(1200)
        found["phone"] = violations(page)
        live.shoot("live_phone")
        assert found == {"light": [], "dark": [], "phone": []}
        assert live.fits_in_width()


def test_a_range_of_the_past_is_shown_by_its_address(live: Screen) -> None:
    page = live.page
    with producer(live.url):
        live.open("/live?s=sine_wave&range=5m")
        page.get_by_text("✓ streaming").wait_for()
        page.get_by_role("button", name="◂ Earlier").click()
        page.get_by_text("fixed range").wait_for(state="attached")
        address = page.url
        plot = page.get_by_role("region", name="sine_wave").locator(".u-over")
        box = plot.bounding_box()
        page.mouse.move(box["x"] + 100, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 50, steps=4)
        page.mouse.up()
        page.wait_for_url(lambda url: url != address)
        page.goto(address)
        page.get_by_label("From, UTC").wait_for()
        assert page.get_by_label("From, UTC").input_value()[:10] == utc_now().date().isoformat()
        page.get_by_label("Up to now").select_option("15 minutes")
        page.get_by_text("✓ streaming").wait_for()
        assert "from=" not in page.url
