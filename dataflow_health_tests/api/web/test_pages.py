"""The pages of the web UI on the real API in a real browser, as large as a wall's screen."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dataflow_health_tests import factories
from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.web.screen import PHONE, Screen, sign_in

CATALOGUE = factories.catalogue()
pytestmark = pytest.mark.browser

NEIGHBOURS = 2 + len(CATALOGUE.algorithms["rotor_droop"].parameter_names) + 1
"""The algorithm, its version, its columns and the phases of flight."""
STAGES = ["download", "extract", "parse", "compress", "store", "ingest", "analyse", "load"]


def test_the_board_asks_for_a_key_and_names_the_failed_stage(screen: Screen) -> None:
    screen.open()
    screen.page.get_by_label("Key of the API").fill("board")
    screen.page.get_by_role("button", name="Enter").click()
    screen.page.get_by_role("heading", name="parse FAILED").wait_for()
    assert screen.page.locator(".stages .name").all_inner_texts() == STAGES
    assert screen.page.locator(".card.FAILED .name").all_inner_texts() == ["parse"]
    screen.page.locator(".aircraft li").first.wait_for()
    screen.page.locator(".incidents li").first.wait_for()
    screen.page.get_by_role("region", name="Findings today").get_by_text("112 %").first.wait_for()
    assert screen.fits()
    screen.shoot("board")
    screen.page.locator(".card.FAILED").click()
    screen.page.get_by_text("Actions need a key with scope operate").wait_for()
    assert screen.page.get_by_role("button", name="Replay").count() == 0


def test_the_board_counts_the_algorithms_that_apply_and_lists_what_the_others_lack(
    screen: Screen,
) -> None:
    sign_in(screen)
    screen.open()
    page = screen.page
    page.get_by_role("link", name="3 of 3 algorithms apply").first.wait_for()
    assert screen.fits()
    screen.shoot("aircraft")
    page.get_by_role("link", name="2 of 3 algorithms apply").click()
    row = page.get_by_role("row", name="airspeed_high airspeed_kt, flight phases")
    row.wait_for()
    screen.shoot("coverage")
    page.keyboard.press("Escape")
    row.wait_for(state="detached")


def test_an_operator_reads_the_reason_and_acts_on_it(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/?process=parse")
    page = screen.page
    page.get_by_text("Remove the cause").wait_for()
    page.get_by_role("link", name="Open in Dagster").wait_for()
    page.get_by_role("button", name="Write off").first.wait_for()
    screen.shoot("reason")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_label("Note").fill("looking at it")
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("acknowledged by anna", exact=True).wait_for()
    items = page.get_by_role("button", name="Write off")
    assert items.count() == 2
    items.first.click()
    page.get_by_label("Reason", exact=True).fill("bench test")
    page.locator("form").get_by_role("button", name="Write off").click()
    items.nth(1).wait_for(state="detached")
    page.keyboard.press("Escape")
    page.get_by_text("Remove the cause").wait_for(state="detached")


def test_the_board_says_so_when_the_api_is_gone_and_recovers(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/?kiosk=1")
    page = screen.page
    page.get_by_role("heading", name="parse FAILED").wait_for()
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("heading", name="NO CONNECTION").wait_for()
    assert page.locator(".card").count() == 16
    screen.shoot("gone")
    page.unroute("**/api/**")
    page.get_by_role("heading", name="parse FAILED").wait_for()


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_the_board_is_readable_in_the_dark_and_on_a_phone(screen: Screen, look: str) -> None:
    sign_in(screen)
    if look == "dark":
        screen.page.emulate_media(color_scheme="dark")
    else:
        screen.page.set_viewport_size(PHONE)
    screen.open()
    screen.page.get_by_role("heading", name="parse FAILED").wait_for()
    screen.page.locator(".aircraft li").first.wait_for()
    wide = screen.page.locator("html").evaluate("e => e.scrollWidth - innerWidth")
    assert wide <= 0
    screen.shoot(look)


def test_findings_are_filtered_by_the_address_and_judged(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/findings?severity=alert")
    page = screen.page
    page.get_by_text("1–2 of 2").wait_for()  # noqa: RUF001
    screen.shoot("findings")
    page.get_by_label("Severity").select_option("")
    page.get_by_label("Aircraft").fill("HB-Z1")
    page.get_by_text("1–3 of 3").wait_for()  # noqa: RUF001
    assert page.url.endswith("/findings?tail=HB-Z1")
    page.get_by_role("button", name="Dismiss").first.click()
    page.get_by_label("Reason").fill("a sensor's spike")
    page.locator("form").get_by_role("button", name="Dismiss").click()
    page.get_by_text("by anna: a sensor's spike").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export these").click()
    rows = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert (len(rows), "a sensor's spike" in "".join(rows)) == (4, True)
    page.get_by_label("Format of the file").select_option("parquet")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all").click()
    assert download.value.suggested_filename == "findings.parquet"
    assert pq.read_table(download.value.path()).num_rows == 3


def test_findings_have_a_trend_and_open_their_flight_and_lineage(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/findings")
    page = screen.page
    trend = page.get_by_role("region", name="Trend per 100 flight hours")
    trend.get_by_text("50.0 h flown").wait_for()
    row = trend.get_by_role("row", name="torque_2")
    row.get_by_text("4.00, as the mean").wait_for()
    screen.shoot("findings_trend")
    trend.get_by_role("link", name="by aircraft").click()
    trend.get_by_role("link", name="HB-Z1").click()
    page.get_by_text("1–3 of 3").wait_for()  # noqa: RUF001
    assert page.url.endswith("/findings?by=tail&tail=HB-Z1")
    page.goto(f"{screen.url}/findings?algorithm=rotor_droop")
    page.get_by_role("link", name=scene.recording_id(0)[:8]).click()
    page.wait_for_url("**/recordings/**")
    assert "from=140&to=300&p=rotor_speed_pct" in page.url
    page.go_back()
    page.get_by_role("cell", name="rotor_droop").get_by_role("link").click()
    page.get_by_role("group", name="Lineage of finding:rotor_droop/0").wait_for()


def test_the_lineage_of_a_node_shows_the_way_to_another(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/lineage?node=recorder:generic_rdf&to=findings:rotor_droop")
    page = screen.page
    page.get_by_text("→ findings:rotor_droop").wait_for()
    page.locator("path.shortest").nth(5).wait_for(state="attached")
    assert page.locator("path.shortest").count() == 6
    assert page.locator("g.end").count() == 2
    page.goto(f"{screen.url}/lineage?node=algorithm:rotor_droop&to=column:rotor_speed_pct&depth=1")
    page.locator("path.shortest").wait_for(state="attached")
    assert page.locator("path.other").count() >= 2, "through the phases of flight too"
    screen.shoot("lineage")
    page.get_by_role("link", name="algorithm:rotor_droop").click()
    page.get_by_role(
        "group", name=f"Lineage of algorithm:rotor_droop: {NEIGHBOURS} nodes"
    ).wait_for()


def test_the_lineage_begins_with_all_nodes_and_is_followed_by_keyboard(screen: Screen) -> None:
    sign_in(screen)
    screen.open("/lineage")
    page = screen.page
    page.get_by_text("algorithm", exact=False).first.wait_for()
    page.locator("summary").filter(has_text="algorithm").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("g.end").wait_for(state="attached")
    assert "node=algorithm" in page.url
    page.get_by_label("Of recording").fill(scene.recording_id(0)[:12])
    page.keyboard.press("Enter")
    page.goto(f"{screen.url}/lineage?recording={scene.recording_id(0)}")
    page.locator("summary").filter(has_text="archive").wait_for()
    screen.shoot("lineage_start")


def test_a_flight_shows_its_parameters_with_findings_and_zooms(screen: Screen) -> None:
    sign_in(screen)
    screen.open(f"/recordings/{scene.recording_id(0)}")
    page = screen.page
    page.get_by_label("Add a parameter").fill("pressure_altitude_ft")
    page.get_by_role("button", name="+ pressure_altitude_ft").click()
    pane = page.get_by_role("region", name="pressure_altitude_ft")
    pane.get_by_text("0 to 3000 ft, 600 samples").wait_for()
    plot = pane.locator(".u-over")
    plot.wait_for()
    screen.shoot("flight")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 50, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Whole recording").wait_for()
    page.wait_for_url("**from=*")
    assert "p=pressure_altitude_ft" in page.url
    page.get_by_role("button", name="3:20", exact=True).click()
    page.get_by_role("status").get_by_text("2:20 to 5:00").wait_for()
    page.get_by_role("button", name="Whole recording").click()
    pane.get_by_text("600 samples").wait_for()


def test_the_slider_shows_the_board_of_the_past(screen: Screen) -> None:
    sign_in(screen)
    screen.open()
    page = screen.page
    page.get_by_role("heading", name="parse FAILED").wait_for()
    slider = page.get_by_label("Shown time")
    slider.fill("-400")
    page.get_by_text("This is the past").wait_for()
    assert "at=" in page.url
    assert page.locator(".card").count() >= 1
    page.get_by_role("region", name="Incidents open then").get_by_text("None.").wait_for()
    assert page.get_by_role("region", name="Aircraft").count() == 0, "they are of now"
    screen.shoot("past")
    page.get_by_role("button", name="Back to now").click()
    page.get_by_text("This is the past").wait_for(state="detached")
    page.get_by_role("heading", name="parse FAILED").wait_for()
    assert screen.fits()


def test_the_slider_is_moved_by_keyboard_and_any_time_is_typed(screen: Screen) -> None:
    sign_in(screen)
    screen.open()
    page = screen.page
    slider = page.get_by_label("Shown time")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(300)  # longer than the hand rests, so each step is shown
    page.get_by_text("This is the past").wait_for()
    assert "min ago" in slider.get_attribute("aria-valuetext")
    assert page.evaluate("document.activeElement.type") == "range", "the focus stays"
    page.keyboard.press("End")
    page.get_by_text("This is the past").wait_for(state="detached")
    assert "at=" not in page.url
    page.get_by_label("or at (UTC)").fill("2026-01-01T06:05")
    page.get_by_text("This is the past: 1 Jan 06:05Z").wait_for()
    assert "at=2026-01-01T06%3A05" in page.url
    page.goto(f"{screen.url}/?at=yesterday")
    page.get_by_role("heading", name="parse FAILED").wait_for()
