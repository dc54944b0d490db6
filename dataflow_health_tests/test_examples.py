"""The examples against a real API in a real browser; each is skipped where its tool is missing."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PHP = shutil.which("php")
NPM = shutil.which("npm")
STREAMLIT = os.environ.get("STREAMLIT") or shutil.which("streamlit")
"""The program; a virtual environment of its own is enough, if it has this package's libraries."""

OLDEST_NODE = (20, 19, 0)
"""What Vite 7 runs on."""


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    made = browser.new_page()
    made.set_default_timeout(LIMIT_S * 1000)
    return made


@pytest.fixture(scope="module")
def api_url(installation: Settings) -> Iterator[str]:
    with scene.served(scene.app(installation)) as url:
        yield url


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


@contextmanager
def running(words: list[str], url: str, api: str, cwd: Path) -> Iterator[None]:
    environment = {**os.environ, "DATAFLOW_HEALTH_URL": api, "PYTHONPATH": str(ROOT)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=cwd, env=environment, **quiet) as program:
        try:
            wait_until(lambda: responds(url))
            yield
        finally:
            program.terminate()


def responds(url: str) -> bool:
    try:
        httpx.get(url, timeout=30)
    except httpx.HTTPError:
        return False
    return True


@contextmanager
def php(api: str) -> Iterator[str]:
    if PHP is None:
        pytest.skip("no php on the PATH")
    address = f"127.0.0.1:{free_port()}"
    words = [PHP, "-S", address, "index.php"]
    with running(words, f"http://{address}", api, EXAMPLES / "php"):
        yield f"http://{address}"


def npm_run(script: str) -> None:
    if NPM is None or not (EXAMPLES / "react" / "node_modules").is_dir():
        pytest.skip("no npm, or no npm ci in examples/react")
    shown = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    version = shown.strip()
    if tuple(map(int, version.lstrip("v").split("."))) < OLDEST_NODE:
        pytest.skip(f"node {version} is too old for Vite")
    done = subprocess.run(
        [NPM, "run", script], cwd=EXAMPLES / "react", check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def react(api: str) -> Iterator[str]:
    npm_run("build")
    port = free_port()
    vite = EXAMPLES / "react" / "node_modules" / ".bin" / "vite"
    words = [str(vite), "preview", "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    with running(words, f"http://127.0.0.1:{port}", api, EXAMPLES / "react"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def streamlit(api: str) -> Iterator[str]:
    if STREAMLIT is None:
        pytest.skip("no streamlit on the PATH, and STREAMLIT names none")
    port = free_port()
    words = [STREAMLIT, "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    words += ["--browser.gatherUsageStats", "false"]
    with running(words, f"http://127.0.0.1:{port}", api, EXAMPLES / "streamlit"):
        yield f"http://127.0.0.1:{port}"


def test_the_php_page_shows_the_status_and_reports_an_api_that_does_not_respond(
    page: Any, api_url: str
) -> None:
    with php(api_url) as url:
        page.goto(url)
        assert page.locator("tbody tr").first.inner_text().startswith("parse")
        assert "× FAILED" in page.locator("tbody tr").first.inner_text()  # noqa: RUF001
        picture = page.locator("img")
        picture.wait_for()
        assert picture.evaluate("each => each.complete && each.naturalWidth > 100")
        page.goto(f"{url}/?interval=60")
        assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "60"
    with php("http://127.0.0.1:1") as url:
        page.goto(url)
        assert "does not respond" in page.locator("[role=alert]").inner_text()


def test_the_react_component_shows_the_status_and_the_diagram(page: Any, api_url: str) -> None:
    with react(api_url) as url:
        page.goto(url)
        page.locator("tbody tr").first.wait_for()
        assert page.locator("tbody tr").first.inner_text().startswith("parse")
        page.locator("[role=img] svg").wait_for()
        assert "parse" in page.locator("[role=img]").inner_text()
        page.route("**/api/**", lambda route: route.abort())
        page.get_by_role("button", name="Refresh").click()
        page.get_by_text("The API does not respond").wait_for()
        assert page.locator("tbody tr").count() > 0
        page.unroute("**/api/**")


def test_the_react_components_own_tests_pass() -> None:
    npm_run("test")


@pytest.mark.soak
def test_the_streamlit_app_shows_the_status_and_reports_an_api_that_does_not_respond(
    page: Any, api_url: str
) -> None:
    with streamlit(api_url) as url:
        page.goto(url)
        page.get_by_text("FAILED at").wait_for()
        page.get_by_text("frames_in_sync").first.wait_for()
        page.frame_locator("iframe").locator("svg").first.wait_for()
        box = page.get_by_label("API", exact=True)
        box.fill("http://127.0.0.1:1")
        box.press("Enter")
        page.get_by_text("The API does not respond").wait_for()
