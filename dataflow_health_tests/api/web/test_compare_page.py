"""What changed between two times, in a real browser on the real API."""

import pytest

from dataflow_health_tests.api.web.screen import Screen, sign_in

pytestmark = pytest.mark.browser


def test_two_times_are_compared_in_words_and_the_address_keeps_them(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/compare")
    page = screen.page
    page.get_by_role("row", name="parse HEALTHY").get_by_text("FAILED").wait_for()
    page.get_by_text("1 of 16 changed").wait_for()
    assert page.get_by_label("Unchanged").get_by_text("HEALTHY").count() == 15
    row = page.get_by_role("row", name="parse HEALTHY").inner_text()
    assert row.index("HEALTHY") < row.index("FAILED"), "was, then is"
    incidents = page.get_by_role("region", name="Incidents")
    incidents.get_by_text("#3 parse").wait_for()
    assert "opened" in incidents.inner_text()
    page.get_by_role("region", name="New work").get_by_text("recordings arrived").wait_for()
    screen.shoot("compare")
    page.get_by_role("button", name="last 7 days").click()
    incidents.get_by_text("#2 extract").wait_for()
    assert "opened and ended" in incidents.inner_text()
    assert "before=" in page.url
    assert "after=" in page.url
    page.reload()
    incidents.get_by_text("#2 extract").wait_for()
    page.get_by_label("From (UTC)").fill("2026-01-01T00:00")
    incidents.get_by_text("#1 results database").wait_for()
    assert "before=2026-01-01T00%3A00%3A00.000Z" in page.url
    page.get_by_label("To (UTC)").fill("2025-12-31T00:00")
    page.get_by_text("The first time must be before the second.").wait_for()
