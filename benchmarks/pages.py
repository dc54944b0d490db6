"""Size and first paint of the pages: ``python -m benchmarks.pages URL`` measures a running API.

With ``--sheet FOLDER`` it draws the screenshots ``fault_*.png`` of a folder, which
``SCREENSHOTS=FOLDER pytest dataflow_health_tests/api/web/test_random_faults.py`` leaves there,
on one sheet. With ``--flight FILE`` it draws a screenshot of a flight as the picture of the docs:
``flight_two.png``, which ``dataflow_health_tests/api/web/test_flight.py`` leaves likewise.
"""

import base64
import gzip
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from dataflow_health.api.pages import FOLDER

ADDRESSES = (
    "/", "/history", "/compare", "/incidents", "/findings", "/lineage?node=algorithm:rotor_droop",
    "/live",
)  # fmt: skip
TIMES = 7
SCREEN: ViewportSize = {"width": 1920, "height": 1080}
COLUMNS = 4
SHEET: ViewportSize = {"width": 1600, "height": 1146}
PICTURE: ViewportSize = {"width": 1440, "height": 806}
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@click.command()
@click.argument("url")
@click.option("--sheet", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--flight", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def main(url: str, sheet: Path | None, flight: Path | None) -> None:
    """Prints the figures as a table; draws the pictures of the docs for --sheet and --flight."""
    click.echo("| figure | value |\n| --- | --- |")
    click.echo(f"| all files of the pages, gzipped | {bundle_bytes() / 1000:.0f} kB |")
    with browser() as chromium:
        for address in ADDRESSES:
            paint_ms = statistics.median(first_paints(chromium, url + address))
            click.echo(f"| first contentful paint of `{address}` | {paint_ms:.0f} ms |")
        if sheet:
            shots = sorted(sheet.glob("fault_*.png"))
            draw(chromium, shots, "board_faults", 100 / COLUMNS, SHEET)
        if flight:
            draw(chromium, [flight], "flight", 100, PICTURE)


def bundle_bytes() -> int:
    """Size of all files of the pages together, as a server sends them gzipped."""
    files = (each for each in FOLDER.rglob("*") if each.is_file())
    return sum(len(gzip.compress(each.read_bytes(), 6)) for each in files)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium of the machine, found as the tests find it.

    Raises:
        UsageError: None is on the PATH.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise click.UsageError("no chromium on the PATH; install the package chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield made
        made.close()


def first_paints(chromium: Browser, url: str) -> list[float]:
    """First contentful paint in milliseconds after navigation, with an empty cache each time."""
    return [first_paint(chromium, url) for _ in range(TIMES)]


def first_paint(chromium: Browser, url: str) -> float:
    """One of :func:`first_paints`."""
    page = chromium.new_page(viewport=SCREEN)
    page.goto(url)
    page.locator("h1").first.wait_for()
    while not (found := float(page.evaluate(PAINT))):
        page.wait_for_timeout(50)
    page.close()
    return found


def draw(chromium: Browser, shots: list[Path], name: str, width: float, size: ViewportSize) -> None:
    """Draws screenshots side by side into a picture of ``docs/images``.

    Args:
        chromium: A browser.
        shots: The screenshots.
        name: Name of the picture.
        width: Width of each screenshot, in percent of the picture's.
        size: Size of the picture in pixels.
    """
    page = chromium.new_page(viewport=size)
    images = "".join(
        f"<img style='width:calc({width}% - 6px);margin:3px' src='data:image/png;base64,"
        f"{base64.b64encode(each.read_bytes()).decode()}'>"
        for each in shots
    )
    page.set_content(f"<body style='margin:0;font-size:0;background:#fff'>{images}</body>")
    page.wait_for_load_state("load")
    target = Path(__file__).parents[1] / "docs" / "images" / f"{name}.png"
    page.screenshot(path=target)
    page.close()


if __name__ == "__main__":
    main()
