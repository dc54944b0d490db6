"""The page of a flight: panes with bands and limits, annotations, export, another flight."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.sql import database
from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.web.screen import PHONE, Screen, sign_in
from dataflow_health_tests.api.web.test_accessibility import violations
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.plotted_recording import flown, write_parameters

pytestmark = pytest.mark.browser

FLIGHT, LATER = scene.recording_id(1), scene.recording_id(2)
ROTOR, HEIGHT = "rotor_speed_pct", "radio_altitude_ft"
BOTH = f"/recordings/{FLIGHT}?p={ROTOR}&p={HEIGHT}"


@pytest.fixture
def flights(screen: Screen, tmp_path: Path) -> Screen:
    """Two flights of one aircraft, the second a minute later in its recording."""
    chosen = scene.settings(tmp_path)
    write_parameters(chosen, flown(), 1)
    write_parameters(chosen, flown(60), 2)
    engine = database.connect(chosen.database_url.get_secret_value())
    found = {"algorithm": "rotor_speed_low", "severity": "alert", "detail": "min 92.8 %"}
    where = {"recording_id": FLIGHT, "tail": "HB-Z00", "start_s": 200.0, "end_s": 209.75}
    day = recording_history.find(engine, FLIGHT).arrival_day
    insert_findings(engine, 1, **where, **found, arrival_day=day)
    engine.dispose()
    sign_in(screen)
    return screen


def test_panes_have_limits_phases_and_gaps_in_words_and_the_address_keeps_them(
    flights: Screen,
) -> None:
    page = flights.page
    flights.open(f"/recordings/{FLIGHT}")
    search = page.get_by_label("Add a parameter")
    search.fill("Nr")  # a synonym of the vocabulary
    page.get_by_role("button", name=f"+ {ROTOR}").click()
    search.fill("height above")
    page.get_by_role("button", name=f"+ {HEIGHT}").wait_for()
    search.press("Enter")
    rotor = page.get_by_role("region", name=ROTOR)
    rotor.get_by_text("92.8 to 100.3 %, 2320 samples, 1 gap in the recording").wait_for()
    rotor.get_by_text("limit 95 %: rotor_speed_low, alert").wait_for()
    page.get_by_role("region", name=HEIGHT).locator(".u-over").wait_for()
    meaning = page.get_by_role("list", name="Meaning of the bands")
    for words in ("phase in the air", "gap in the recording", "finding: alert"):
        meaning.get_by_text(words).wait_for()
    flights.shoot("flight_panes")
    page.get_by_role("button", name="3:20", exact=True).click()
    page.get_by_role("status").get_by_text("2:20 to 4:29.75").wait_for()
    page.wait_for_url("**from=140&to=269.75")
    address = page.url
    assert f"p={ROTOR}&p={HEIGHT}" in address
    flights.shoot("flight_zoomed")
    page.goto(address)
    page.get_by_role("status").get_by_text("2:20 to 4:29.75").wait_for()
    page.get_by_role("region", name=HEIGHT).locator(".u-over").wait_for()
    page.get_by_role("button", name=f"Remove {HEIGHT}").click()
    page.get_by_role("region", name=HEIGHT).wait_for(state="detached")
    assert HEIGHT not in page.url


def test_a_plot_is_moved_and_zoomed_by_keyboard(flights: Screen) -> None:
    page = flights.page
    flights.open(f"{BOTH}&from=100&to=300")
    plot = page.get_by_role("application", name=f"Plot of {ROTOR}")
    plot.locator(".u-over").wait_for()
    plot.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("status").get_by_text("2:00 to 5:20").wait_for()
    page.keyboard.press("+")
    page.get_by_role("status").get_by_text("2:50 to 4:30").wait_for()
    page.keyboard.press("0")
    page.get_by_role("status").get_by_text("0:00 to 10:00").wait_for()
    page.wait_for_url(lambda url: "from=" not in url)


def test_dragging_zooms_and_moves_with_shift(flights: Screen) -> None:
    page = flights.page
    flights.open(f"{BOTH}&from=100&to=300")
    over = page.get_by_role("region", name=ROTOR).locator(".u-over")
    over.wait_for()
    box = over.bounding_box()
    middle = box["y"] + 60
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + box["width"] * 0.75, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, middle, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.wait_for_url(lambda url: 198 < float(url.split("from=")[1].split("&")[0]) < 202)
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
    page.mouse.up()
    page.wait_for_url(lambda url: 248 < float(url.split("from=")[1].split("&")[0]) < 252)
    assert 298 < float(page.url.split("to=")[1]) < 302


def test_people_write_about_the_flight_a_range_and_a_finding(flights: Screen) -> None:
    page = flights.page
    flights.open(f"{BOTH}&from=100&to=300")
    notes = page.get_by_role("region", name="Annotations")
    notes.get_by_label("Annotation").fill("<b>ferry flight</b>\nno passengers")
    notes.get_by_role("button", name="Annotate").click()
    notes.locator(".note", has_text="<b>ferry flight</b>").wait_for()  # no markup
    page.get_by_role("button", name="Annotate this range").click()
    notes.get_by_label("Annotation of 1:40 to 5:00").fill("turbulence")
    notes.get_by_role("button", name="Annotate").click()
    notes.get_by_role("button", name="1:40–5:00").wait_for()  # noqa: RUF001
    findings = page.get_by_role("region", name="Findings")
    findings.get_by_role("button", name="Annotate").click()
    notes.get_by_label("Annotation of rotor_speed_low at 3:20").fill("known droop")
    notes.get_by_role("button", name="Annotate").click()
    notes.locator(".note", has_text="known droop").wait_for()
    assert notes.locator("li").count() == 3
    page.get_by_text("annotation with its number").wait_for()
    flights.shoot("flight_annotated")
    notes.get_by_role("button", name="Edit").first.click()
    notes.get_by_label("Text").fill("a known droop")
    notes.get_by_role("button", name="Save").click()
    notes.locator(".note", has_text="a known droop").wait_for()
    notes.get_by_text("edited").wait_for()
    assert violations(page) == []
    flights.open("/findings?algorithm=rotor_speed_low")
    page.get_by_text("a known droop").wait_for()
    flights.shoot("findings_annotated")
    page.get_by_role("button", name="Delete annotation 3").click()
    page.get_by_text("a known droop").wait_for(state="detached")


def test_a_process_and_an_incident_are_annotated(flights: Screen) -> None:
    page = flights.page
    for path in ("/?process=parse", "/incidents?incident=1"):
        flights.open(path)
        notes = page.get_by_role("region", name="Annotations")
        notes.get_by_label("Annotation").fill(f"seen at {path}")
        notes.get_by_role("button", name="Annotate").click()
        notes.locator(".note", has_text=f"seen at {path}").wait_for()
        notes.locator("b", has_text="anna").wait_for()
        assert violations(page) == []
        flights.shoot(f"annotated_{'incident' if 'incident' in path else 'process'}")


def test_a_reader_sees_annotations_and_cannot_write(screen: Screen) -> None:
    sign_in(screen, "board")
    screen.open("/?process=parse")
    notes = screen.page.get_by_role("region", name="Annotations")
    notes.get_by_text("To write one needs a key with scope operate").wait_for()
    assert notes.locator("textarea").count() == 0


def test_two_flights_lie_over_each_other_by_take_off_or_begin(flights: Screen) -> None:
    page = flights.page
    flights.open(BOTH)
    page.get_by_label("Lay another flight over").fill(LATER)
    page.get_by_text("Take-off lies on take-off").wait_for()
    rotor = page.get_by_role("region", name=ROTOR)
    rotor.get_by_role("listitem").get_by_text(LATER[:8]).wait_for()
    page.wait_for_url(f"**with={LATER}")
    flights.shoot("flight_two")
    page.get_by_label("Aligned by").select_option("start")
    page.get_by_text("Begin lies on begin").wait_for()
    page.wait_for_url("**align=start")
    flights.open(f"{BOTH}&with={LATER[:12]}&align=start")
    page.get_by_text("Begin lies on begin").wait_for()
    page.get_by_role("button", name=f"Without {LATER[:8]}").click()
    page.get_by_text("Begin lies on begin").wait_for(state="detached")
    flights.open(f"{BOTH}&with={scene.recording_id(0)}")
    page.get_by_text("One of the two has no take-off").wait_for()


def test_what_is_shown_is_saved_as_a_file(flights: Screen) -> None:
    page = flights.page
    flights.open(f"{BOTH}&from=100&to=109.75")
    page.get_by_role("region", name=ROTOR).locator(".u-over").wait_for()
    page.get_by_label("Export as").select_option("parquet")
    with page.expect_download() as shown:
        page.get_by_role("link", name="What is shown").click()
    table = pq.read_table(shown.value.path())
    assert shown.value.suggested_filename == f"recording_{FLIGHT[:12]}.parquet"
    assert (table.num_rows, set(table["parameter"].to_pylist())) == (50, {ROTOR, HEIGHT})
    with page.expect_download() as whole:
        page.get_by_role("link", name="All parameters, whole recording").click()
    assert pq.read_table(whole.value.path()).num_rows == 580 * (4 + 5)


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_the_page_is_accessible_with_all_that_it_can_show(flights: Screen, look: str) -> None:
    page = flights.page
    page.emulate_media(color_scheme="dark" if look == "dark" else "light", reduced_motion="reduce")
    if look == "phone":
        page.set_viewport_size(PHONE)
    flights.open(f"{BOTH}&with={LATER}")
    page.get_by_text("Take-off lies on take-off").wait_for()
    page.get_by_role("region", name=HEIGHT).locator(".u-over").wait_for()
    page.get_by_label("Add a parameter").fill("engine")
    page.get_by_role("button", name="+ engine_1_ng_pct").wait_for()
    assert violations(page) == []
    assert flights.fits_in_width()
    flights.shoot(f"flight_{look}")
