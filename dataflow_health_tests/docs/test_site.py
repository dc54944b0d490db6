"""The site of ``docs/``: built without a warning, complete, and whole without network."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONFIG = ROOT / "zensical.toml"
PAGES = {str(path.relative_to(DOCS)) for path in DOCS.glob("**/*.md")}
LINK = re.compile(r"\]\(([^)#\s]+\.md)(?:#[^)]*)?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
FETCHED = re.compile(r'(?:src|<link[^>]* href)="(?:https?:)?//[^"]*"')


def named(nav: Any) -> Iterator[str]:
    """The pages of a navigation, in order."""
    if isinstance(nav, str):
        yield nav
    else:
        for each in nav.values() if isinstance(nav, dict) else nav:
            yield from named(each)


def navigation() -> list[str]:
    return list(named(tomllib.loads(CONFIG.read_text())["project"]["nav"]))


def linked(page: str) -> set[str]:
    """The pages that a page links to, as paths below ``docs``."""
    found = LINK.findall((DOCS / page).read_text(encoding="utf-8"))
    return {os.path.normpath(Path(page).parent / target) for target in found} & PAGES


def test_the_navigation_names_pages_that_exist_once() -> None:
    pages = navigation()
    assert set(pages) <= PAGES
    assert len(pages) == len(set(pages))


def test_every_page_is_in_the_navigation_or_linked_from_a_page_there() -> None:
    pages = navigation()
    lost = PAGES - {target for page in pages for target in linked(page)} - set(pages)
    assert lost == set(), "name them in zensical.toml, or in a list such as howto/runbooks.md"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_images_exist(page: str) -> None:
    for target in IMAGE.findall((DOCS / page).read_text(encoding="utf-8")):
        assert (DOCS / page).parent.joinpath(target).exists(), target


@pytest.mark.server
@pytest.mark.slow
def test_the_site_is_built_without_warnings_and_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / CONFIG.name).write_bytes(CONFIG.read_bytes())
    shutil.copytree(DOCS, tmp_path / "docs")
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "-f", tmp_path / CONFIG.name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "No issues found" in built.stderr
    pages = {str(path.relative_to(tmp_path / "site")) for path in tmp_path.glob("site/**/*.html")}
    assert pages == {page.removesuffix(".md") + ".html" for page in PAGES} | {"404.html"}
    for page in pages:
        html = (tmp_path / "site" / page).read_text(encoding="utf-8")
        assert FETCHED.findall(html) == [], page
    assert '<figure class="diagram"><svg' in (tmp_path / "site/architecture.html").read_text()
