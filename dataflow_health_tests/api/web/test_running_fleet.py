"""Every page, served by ``dataflow-health up`` over a fleet that it processes by itself."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health.operations import home_claim
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.api.web.screen import SCREEN, Screen, sign_in
from dataflow_health_tests.api.web.test_accessibility import violations
from dataflow_health_tests.api.web.test_live import producer
from dataflow_health_tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.soak]
DONE_LIMIT_S = 400.0
KEY = "anna"
"""Key of the operator and of the producer of live signals."""
STEADY = {"HEALTHY", "WARNING"}
DRAWN = {"/": ".aircraft li", "/findings": "main a[href^='/recordings/']", "/history": ".day-bars"}
"""What a page shows when it is whole, where that comes after its heading."""
EVENTS = ((0, PlannedEvent("engine_1_oil_pressure_low")), (1, PlannedEvent("hard_landing")))


@pytest.fixture
def up(tmp_path: Path) -> Iterator[str]:
    """URL of the API of a running installation with one helicopter's two flights of yesterday."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    write_fleet(
        tmp_path / "home" / "landing", FleetPlan(yesterday, 1, 1, 2, (600, 620), events=EVENTS)
    )
    environ = {n: v for n, v in os.environ.items() if not n.startswith("DATAFLOW_HEALTH_")}
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    environ["DATAFLOW_HEALTH_API_KEYS"] = f"{KEY}:operate:{digest}"
    ports = [str(free_port()), str(free_port())]
    words = ["up", "--quiet", "--home", "home", "--port", ports[0], "--api-port", ports[1]]
    with subprocess.Popen(
        [sys.executable, "-m", "dataflow_health.cli", *words], cwd=tmp_path, env=environ
    ) as process:
        try:
            yield f"http://127.0.0.1:{ports[1]}"
        finally:
            process.kill()
            home_claim.end_leftovers((tmp_path / "home").resolve())


def status_of(url: str, process: str) -> str:
    """Of one process; empty while the API is not there yet."""
    try:
        with Client(url, KEY) as api:
            return {each.name: each.status for each in api.status().processes}[process]
    except ApiError:
        return ""


def test_the_pages_follow_a_running_fleet(up: str, browser: Any, tmp_path: Path) -> None:
    wait_until(lambda: status_of(up, "load") in STEADY, limit_s=DONE_LIMIT_S, poll_s=1)
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(DONE_LIMIT_S * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and errors.append(said.text))
    screen = Screen(page, up)
    sign_in(screen, KEY)

    screen.open()
    page.locator(".card .name", has_text="analyse").wait_for()
    names = page.locator("nav[aria-label='Pages'] a[href^='/']:not([href^='/api'])").evaluate_all(
        "links => links.map(each => each.getAttribute('href'))"
    )
    for path in names:
        screen.open(path)
        page.locator(DRAWN.get(path, "main h1")).first.wait_for()
        screen.shoot(f"fleet_{path.strip('/') or 'board'}")
        assert violations(page) == []
        assert page.get_by_role("alert").all_inner_texts() == []

    screen.open("/findings")
    page.locator("main a[href^='/recordings/']").first.click()
    page.locator(".u-over").first.wait_for()
    screen.shoot("fleet_flight")

    with producer(up):
        screen.open("/live")
        page.get_by_text("sine_wave").first.wait_for()
        screen.shoot("fleet_live_signals")

    screen.open()
    cut = next((tmp_path / "home" / "landing").glob("*.zip"))
    data = cut.read_bytes()
    part = tmp_path / "part"
    part.write_bytes(data[: len(data) // 2])
    shutil.move(part, cut.with_name("HB-ZAA_20260101T000000Z.zip"))
    page.locator(".headline.FAILED", has_text="extract").wait_for()  # by itself, without a reload
    screen.shoot("fleet_failed")
    page.locator(".incidents li", has_text="extract").first.wait_for()
    assert errors == []
