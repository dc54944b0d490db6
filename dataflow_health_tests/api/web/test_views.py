"""Saved views of the board: made, edited, imported and shown in the page, on the real API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.clock import utc_now
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.api.web.screen import PHONE, SCREEN, Screen, sign_in
from dataflow_health_tests.api.web.test_accessibility import violations
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.waiting import LIMIT_S

pytestmark = pytest.mark.browser

CALM = """\
# made by hand
describes: The disks, for the station's computer people
processes: ["lake_*", load]  # not the stages
aircraft: [HB-Z00]
layout: [outside, stages, aircraft]
"""


@pytest.fixture
def board(browser: Any, tmp_path: Path) -> Iterator[Screen]:
    """A board whose stage parse failed, with one view that was made by hand."""
    config = tmp_path / "config"
    (config / "views").mkdir(parents=True)
    (config / "views" / "disks.yaml").write_text(CALM)
    settings = installation.settings(tmp_path, api_keys=KEYS, config=config)
    engine = installation.filled(settings, now=utc_now())
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    engine.dispose()
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(LIMIT_S * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    with installation.served(installation.app(settings, utc_now)) as url:
        screen = Screen(page, url)
        sign_in(screen)
        yield screen
        page.close()
    assert errors == []


def file_of(tmp_path: Path, name: str) -> Path:
    return tmp_path / "config" / "views" / f"{name}.yaml"


def test_a_view_has_an_address_and_counts_in_words_what_it_leaves_out(board: Screen) -> None:
    page = board.page
    board.open("/?view=disks&kiosk=1")
    page.get_by_role("heading", name="The disks, for the station's computer people").wait_for()
    assert page.locator(".card .name").all_inner_texts() == ["lake disk", "load"]
    page.get_by_role("heading", name="parse FAILED").wait_for()
    left_out = page.get_by_role("note", name="Left out by this view")
    left_out.get_by_text("1 FAILED").wait_for()
    left_out.get_by_text("1 open incident").wait_for()
    left_out.get_by_text("aircraft, ").wait_for()
    text = left_out.inner_text()
    assert "parse" in text
    assert "findings today" in text
    assert page.locator(".aircraft li").count() == 1
    board.shoot("view_kiosk")


def test_a_view_is_made_in_the_page_and_saved_as_a_file(board: Screen, tmp_path: Path) -> None:
    page = board.page
    board.open("/")
    page.get_by_role("link", name="New view").click()
    page.get_by_label("Name, as in the address").fill("night")
    page.get_by_label("Title").fill("Night shift")
    processes = page.get_by_role("group", name="Processes")
    for name in ("download", "extract"):
        processes.get_by_label(name, exact=True).uncheck()
    processes.get_by_text("of 1").first.wait_for()
    page.get_by_label("Patterns").nth(1).fill("HB-Z0*")
    page.get_by_role("button", name="Aircraft up").click()
    page.get_by_role("checkbox", name="Findings today").uncheck()
    page.get_by_label("Notes").fill("Call Eva.\nThen the base.")
    board.shoot("view_editor")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Left out by this view").or_(page.locator(".left-out")).first.wait_for()
    text = file_of(tmp_path, "night").read_text()
    assert text.startswith("describes: Night shift\nprocesses: [")
    assert '"HB-Z0*"' in text
    assert "layout: [stages, aircraft, outside, incidents]\n" in text
    assert "notes: |-\n  Call Eva.\n  Then the base.\n" in text
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Night shift").wait_for()
    assert "view=night" in page.url
    assert "download" not in page.locator(".card .name").all_inner_texts()
    board.shoot("view_board")
    page.get_by_label("View", exact=True).select_option("everything")
    page.locator(".left-out").wait_for(state="detached")
    assert page.locator(".card .name").first.inner_text() == "download"


def test_an_edit_keeps_the_comments_of_a_person_and_a_change_by_another_one(
    board: Screen, tmp_path: Path
) -> None:
    page = board.page
    board.open("/?view=disks&edit=disks")
    page.get_by_label("Notes").fill("Ask first.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="View disks").wait_for()
    page.locator(".notes").get_by_text("Ask first.").wait_for()
    text = file_of(tmp_path, "disks").read_text()
    assert text == CALM + "notes: Ask first.\n"
    page.get_by_label("Notes").fill("Never mind.")
    file_of(tmp_path, "disks").write_text(CALM)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("was changed meanwhile").wait_for()
    assert file_of(tmp_path, "disks").read_text() == CALM


def test_a_file_is_exported_imported_and_refused_with_its_mistakes(
    board: Screen, tmp_path: Path
) -> None:
    page = board.page
    board.open("/?view=disks&edit=disks")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the file").click()
    assert Path(download.value.path()).read_text() == CALM
    assert download.value.suggested_filename == "disks.yaml"
    page.get_by_role("button", name="Delete").click()
    page.locator(".left-out").wait_for(state="detached")
    assert not file_of(tmp_path, "disks").exists()
    board.open("/?edit=*")
    (tmp_path / "bad.yaml").write_text("processes: [pars]\ncolour: red\n")
    page.get_by_label("Import the file").set_input_files(tmp_path / "bad.yaml")
    page.get_by_text("unknown key colour").wait_for()
    copy = tmp_path / "copy.yaml"
    copy.write_text(CALM)
    page.get_by_label("Import the file").set_input_files(copy)
    page.get_by_role("heading", name="View copy").wait_for()
    assert file_of(tmp_path, "copy").read_text() == CALM
    file_of(tmp_path, "copy").write_text("colour: red\n")
    board.open("/?view=copy")
    page.get_by_text("Everything is shown.").wait_for()
    page.get_by_role("heading", name="parse FAILED").wait_for()


def test_a_reader_chooses_a_view_and_changes_none(board: Screen) -> None:
    page = board.page
    sign_in(board, "board")
    board.open("/")
    page.get_by_label("View", exact=True).select_option("disks")
    page.locator(".left-out").wait_for()
    assert "view=disks" in page.url
    assert page.get_by_role("link", name="New view").count() == 0


@pytest.mark.parametrize("path", ["/?view=disks", "/?view=disks&edit=disks", "/?edit=*"])
def test_a_view_and_its_editor_are_accessible_in_light_dark_and_on_a_phone(
    board: Screen, path: str
) -> None:
    page = board.page
    page.emulate_media(reduced_motion="reduce")
    board.open(path)
    page.get_by_label("Notes" if "edit" in path else "View", exact=True).first.wait_for()
    found = {"light": violations(page)}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark"] = violations(page)
    page.set_viewport_size(PHONE)
    found["phone"] = violations(page)
    board.shoot(f"view_phone_{'edit' in path}")
    assert found == {"light": [], "dark": [], "phone": []}
    assert board.fits_in_width()
