"""Takes pictures of the pages: ``python -m docs.generate.page_pictures [NAME]...``.

They go to ``docs/images``. Each is of a small installation with made-up values, in a headless
Chromium; it takes a minute.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from benchmarks.pages import browser
from dataflow_health.api.app import create_app
from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health.settings import Settings
from dataflow_health.simulator.signal_waves import SOURCE, UNITS, signal_waves
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.page_history import insert_history
from docs.generate import picture_findings

IMAGES = Path(__file__).parents[1] / "images"
SIZE: ViewportSize = {"width": 1440, "height": 860}
WALL: ViewportSize = {"width": 1920, "height": 1080}
RATE_HZ, SECONDS, AT_ONCE = 5.0, 240, 1000
LIMITS = {
    "sine_wave_high": ("The sine wave is higher than it should be.", "sine_wave > 8", "warning"),
    "random_walk_far": ("The walk is far from zero.", "abs(random_walk) > 3", "alert"),
}
VIEW = """\
describes: Night shift, results of the western base
processes: [analyse, load, lake_disk, results_database]
aircraft: [HB-Z00, HB-Z01, HB-Z03]
layout: [stages, outside, aircraft, incidents]
notes: Call the duty engineer before you write anything off.
"""
LIMIT = """\
describes: {}
source: An example.
severity: {}
kind: exceedance
when: {}
lasting: PT1S
examples:
  - given: {{{}: [0, 99, 99, 99, 0]}}
    expect: [{{start_s: 1, end_s: 3}}]
"""


def live(page: Page, url: str) -> None:
    """The page of live signals, five of which arrived for some minutes."""
    with Client(url, "anna") as api:
        begin = utc_now() - timedelta(seconds=SECONDS)
        waves = itertools.islice(signal_waves(RATE_HZ, 4), int(SECONDS * RATE_HZ))
        samples = ((begin + timedelta(seconds=at_s), values) for at_s, values in waves)
        while some := tuple(itertools.islice(samples, AT_ONCE)):
            api.send_samples(*some, source=SOURCE, units=UNITS)
    page.goto(f"{url}/live?s=sine_wave&s=random_walk&s=damped_oscillation&range=5m")
    page.get_by_role("link", name="sine_wave_high").first.wait_for()
    page.wait_for_timeout(2000)


def view(page: Page, url: str) -> None:
    """A saved view of the board, which leaves a failed stage out and says so."""
    with Client(url, "anna") as api:
        api.import_view("night", VIEW.encode(), version="")
    page.goto(f"{url}/?view=night")
    page.get_by_role("note").get_by_text("FAILED").wait_for()
    page.locator(".aircraft li").first.wait_for()


def view_editor(page: Page, url: str) -> None:
    """The editor of a saved view."""
    view(page, url)
    page.get_by_role("link", name="Edit this view").click()
    page.get_by_role("group", name="Aircraft").get_by_label("HB-Z00").wait_for()


def findings(page: Page, url: str) -> None:
    """The page of findings, with their trend over two years."""
    page.goto(f"{url}/findings")
    page.get_by_role("row", name="rotor_droop").first.wait_for()
    page.locator(".bars").first.wait_for()


def lineage(page: Page, url: str) -> None:
    """The lineage of an algorithm, with the ways from a column to it."""
    node, last = "algorithm:rotor_droop", "column:rotor_speed_pct"
    page.goto(f"{url}/lineage?node={node}&to={last}&direction=upstream&depth=2")
    page.locator("path.shortest").first.wait_for(state="attached")


def history(page: Page, url: str) -> None:
    """The days of every process, with the words of a day on which one failed."""
    page.set_viewport_size(WALL)
    page.goto(f"{url}/history")
    page.locator(".bar.FAILED").first.hover()
    page.locator(".tip").wait_for()


def compare(page: Page, url: str) -> None:
    """What changed in seven days."""
    page.goto(f"{url}/compare")
    page.get_by_role("button", name="last 7 days").click()
    page.get_by_role("region", name="Incidents").get_by_text("#2 extract").wait_for()
    page.get_by_role("row", name="parse HEALTHY").wait_for()


def incidents(page: Page, url: str) -> None:
    """The incidents, with one open beside the list and the form of a mute."""
    page.goto(f"{url}/incidents?incident=3")
    page.get_by_role("button", name="Mute").click()
    page.get_by_label("Reason").fill("a spare is on its way")
    page.get_by_label("URL of the ticket").fill("https://tickets.example/7")


def past(page: Page, url: str) -> None:
    """The board of the past."""
    page.set_viewport_size(WALL)
    page.goto(f"{url}/?at={(utc_now() - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%MZ')}")
    page.get_by_role("region", name="Incidents open then").get_by_text("#3").wait_for()


PICTURES = {"live": live, "view": view, "view_editor": view_editor}
PICTURES |= {"findings": findings, "lineage": lineage}
PICTURES |= {"history": history, "compare": compare, "incidents": incidents, "past": past}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The API of an installation with recordings, and limits of live signals; yields its URL."""
    config = folder / "config"
    (config / "live_algorithms").mkdir(parents=True)
    for name, (describes, when, severity) in LIMITS.items():
        signal = name.rpartition("_")[0]
        text = LIMIT.format(describes, severity, when, signal)
        (config / "live_algorithms" / f"{name}.yaml").write_text(text)
    settings: Settings = installation.settings(
        folder, api_keys=KEYS, config=config, api_probes=False
    )
    engine = installation.filled(settings, now=utc_now())
    picture_findings.fill(engine, utc_now())
    insert_history(engine, utc_now())
    engine.dispose()
    with installation.served(create_app(settings)) as url:
        yield url


def main(names: list[str]) -> None:
    """Takes the pictures with these names; all without any."""
    with browser() as chromium:
        for name in names or list(PICTURES):
            with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as url:
                page = chromium.new_page(viewport=SIZE)
                page.add_init_script("sessionStorage.setItem('dataflow-health-key', 'anna')")
                PICTURES[name](page, url)
                page.screenshot(path=IMAGES / f"{name}.png")
                page.close()


if __name__ == "__main__":
    main(sys.argv[1:])
