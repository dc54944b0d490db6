"""The list of incidents and the actions on one, in a real browser on the real API."""

import pytest

from dataflow_health_tests.api.web.screen import Screen, sign_in

pytestmark = pytest.mark.browser


def test_ended_incidents_are_listed_with_length_and_who_worked_on_them(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/incidents")
    page = screen.page
    row = page.get_by_role("row", name="#2 extract")
    row.wait_for()
    assert "5 h" in row.inner_text()
    assert "bad data by anna" in row.inner_text()
    assert "1 h 30 min so far" in page.get_by_role("row", name="#3 parse").inner_text()
    screen.shoot("incidents")
    page.get_by_label("State").select_option("ended")
    page.get_by_role("row", name="#3 parse").wait_for(state="detached")
    page.get_by_label("Process").fill("extract")
    page.get_by_role("row", name="#1 results database").wait_for(state="detached")
    assert page.url.endswith("/incidents?state=ended&of=extract")
    page.reload()
    page.get_by_role("link", name="#2 extract").click()
    page.get_by_role("heading", name="#2 extract").wait_for()
    assert page.get_by_role("button", name="Mute").count() == 0, "it has ended"
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="#2 extract").wait_for(state="detached")


def test_an_incident_is_muted_for_a_chosen_time_unmuted_and_resolved(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/incidents?incident=3")
    page = screen.page
    page.get_by_role("button", name="Mute").click()
    page.get_by_role("combobox", name="For").select_option("3 days")
    page.get_by_label("Reason").fill("a spare is on its way")
    page.get_by_label("URL of the ticket").fill("https://tickets.example/7")
    screen.shoot("mute")
    page.locator("form.fields").get_by_role("button", name="Mute").click()
    page.get_by_text("muted by anna until").first.wait_for()
    page.get_by_text("a spare is on its way").first.wait_for()
    page.get_by_role("link", name="https://tickets.example/7").wait_for()
    screen.shoot("muted")
    page.get_by_role("button", name="Unmute").click()
    page.locator("form.fields").get_by_role("button", name="Unmute").click()
    page.get_by_role("button", name="Unmute").wait_for(state="detached")
    page.get_by_role("button", name="Resolve").click()
    page.get_by_role("combobox", name="It was").select_option("bad data")
    page.locator("form.fields").get_by_role("button", name="Resolve").click()
    page.get_by_role("button", name="Resolve").wait_for(state="detached")
    page.get_by_role("row", name="bad data by anna").first.wait_for()


def test_a_mute_until_a_time_ends_then(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/?process=parse")
    page = screen.page
    page.get_by_role("button", name="Mute").click()
    page.get_by_role("combobox", name="For").select_option("until a time")
    page.get_by_label("URL of the ticket").fill("no ticket")
    page.get_by_label("Until (UTC)").fill("2020-01-01T06:30")
    page.locator("form.fields").get_by_role("button", name="Mute").click()
    page.get_by_text("must end in the future and within 90 days").wait_for()


def test_a_reader_sees_incidents_and_no_buttons(screen: Screen) -> None:
    sign_in(screen, "board")
    screen.open("/incidents?incident=3")
    screen.page.get_by_text("Actions need a key with scope operate").wait_for()
    assert screen.page.get_by_role("button", name="Resolve").count() == 0
