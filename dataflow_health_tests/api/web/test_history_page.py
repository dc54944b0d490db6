"""The days of every process, in a real browser on the real API."""

from datetime import timedelta

import pytest

from dataflow_health.clock import utc_now
from dataflow_health_tests.api.web.screen import Screen, sign_in

pytestmark = pytest.mark.browser


def test_each_process_has_ninety_days_with_the_worst_colour_and_the_minutes_red(
    screen: Screen,
) -> None:
    sign_in(screen)
    screen.open("/history")
    page = screen.page
    row = page.get_by_role("listitem").filter(has_text="results database")
    row.get_by_text("FAILED 47 min on 1 day").wait_for()
    assert row.locator(".bar").count() == 90
    assert row.locator(".bar.FAILED").count() == 1
    assert row.locator(".bar.HEALTHY").count() == 65
    assert row.locator(".bar.UNKNOWN").count() == 24, "a day without data is not green"
    row.get_by_text("66 of 90 days watched").wait_for()
    row.locator(".bar.FAILED").hover()
    row.locator(".tip").get_by_text("FAILED 47 min, HEALTHY 23 h 13 min").wait_for()
    screen.shoot("history")


def test_a_day_is_found_and_opened_by_keyboard_and_its_address_shows_it_again(
    screen: Screen,
) -> None:
    sign_in(screen)
    screen.open("/history")
    page = screen.page
    days = page.get_by_role("slider", name="Days of extract")
    days.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert "FAILED 5 h, HEALTHY 19 h" in days.get_attribute("aria-valuetext")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="extract on")
    panel.get_by_role("link", name="#2").wait_for()
    screen.shoot("day")
    day = (utc_now() - timedelta(days=3)).date()
    assert page.url.endswith(f"/history?of=extract&day={day}")
    page.keyboard.press("Escape")
    panel.wait_for(state="detached")
    assert page.evaluate("document.activeElement.ariaLabel") == "Days of extract"
    page.keyboard.press("Home")
    assert days.get_attribute("aria-valuenow") == "1"
    assert "UNKNOWN, not watched" in days.get_attribute("aria-valuetext")
    page.go_back()
    panel.get_by_role("link", name="#2").wait_for()
    page.get_by_role("combobox", name="Days").select_option("30")
    page.locator(".calendar").first.wait_for()
    assert page.locator(".day-bars").first.locator(".bar").count() == 30
