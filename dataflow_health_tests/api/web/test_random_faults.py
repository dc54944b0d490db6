"""The failed process is named in three seconds: it is the largest red thing on a 1080p screen."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from dataflow_health.clock import utc_now
from dataflow_health.health.check import STEP
from dataflow_health.health.ledger_check import LEDGER_CHECK_KINDS
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.records import observations
from dataflow_health_tests import factories
from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.web.screen import SCREEN, Screen
from dataflow_health_tests.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.browser

FAULTS = 20
SEED = 15
SIZE = replace(scene.SIZE, quarantined_every=10**9)
RED = "rgb(207, 34, 46)"
"""Colour of FAILED in style.css."""
ACROSS_THE_ROOM_PX = 48
"""Height of a letter of the headline: 1.1 cm on a screen of 24 inches, read from four metres
(ISO 9241-303: a letter is seen under at least 16 minutes of arc, so 1.1 cm reach 2.4 m to read at
ease and twice that to recognise)."""

RED_THINGS = """red => [...document.querySelectorAll('body *')]
  .filter(each => getComputedStyle(each).backgroundColor === red)
  .map(each => {
    const box = each.getBoundingClientRect();
    return {text: each.innerText, name: each.className, area: box.width * box.height,
      top: box.top, left: box.left, right: box.right, bottom: box.bottom,
      letter: parseFloat(getComputedStyle(each).fontSize)};
  }).sort((a, b) => b.area - a.area)"""


@pytest.fixture
def board(browser: Any, tmp_path: Path) -> Iterator[tuple[Screen, Engine]]:
    """The board of a healthy installation, and the database that faults are written to."""
    settings = scene.settings(tmp_path)
    engine = scene.filled(settings, SIZE, now=utc_now())
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(LIMIT_S * 1000)
    with scene.served(scene.app(settings, utc_now)) as url:
        yield Screen(page, url), engine
    page.close()
    engine.dispose()


def checks_that_fail_a_process() -> list[tuple[str, str, bool]]:
    """Process, check, and whether its result belongs to an arrival day."""
    found = []
    for name, process in sorted(factories.catalogue().processes.items()):
        if not process.external:
            found.append((name, STEP, False))
        for check in process.checks:
            is_judged_from_the_ledger = check.kind in LEDGER_CHECK_KINDS
            if check.severity == "error" and not is_judged_from_the_ledger:
                found.append((name, check.name, check.kind == "asset_check"))
    return found


def result(place: tuple[str, str, bool], at: datetime, *, failed: bool) -> Observation:
    process, check, has_day = place
    item = Evidence(stage=process, reason="injected", tail="HB-Z01", first_seen_at=at)
    return Observation(
        process=process, check=check, at=at, arrival_day=at.date() if has_day else None,
        outcome="failed" if failed else "passed",
        detail="injected (3) = 0" if failed else "injected (0) = 0",
        evidence=(item,) if failed else (),
    )  # fmt: skip


def status_of(screen: Screen, process: str) -> str:
    answer = httpx.get(f"{screen.url}/api/v1/status/{process}")
    found: str = answer.json()["data"]["status"]
    return found


def test_the_failed_process_is_the_largest_red_thing_for_twenty_random_faults(
    board: tuple[Screen, Engine],
) -> None:
    screen, engine = board
    page = screen.page
    places = random.Random(SEED).sample(checks_that_fail_a_process(), FAULTS)
    for number, place in enumerate(places, 1):
        name = place[0].replace("_", " ")
        observations.save(engine, [result(place, utc_now(), failed=True)])
        wait_until(lambda name=place[0]: status_of(screen, name) == "FAILED", poll_s=0.5)
        screen.open()  # the page as it is first seen, and no wait for its next reading
        page.get_by_role("heading", name=f"{name} FAILED").wait_for()
        page.get_by_text("None.").wait_for()
        largest, *others = page.evaluate(RED_THINGS, RED)
        assert largest["name"] == "headline FAILED"
        assert largest["text"].startswith(f"× {name} FAILED")  # noqa: RUF001
        assert largest["letter"] >= ACROSS_THE_ROOM_PX
        assert largest["top"] < SCREEN["height"] / 4, "it is at the top"
        assert largest["right"] - largest["left"] > SCREEN["width"] * 0.9
        cards = [each for each in others if "card" in each["name"]]
        assert [each["text"].split("\n")[0] for each in cards] == [name], "one cause, one red card"
        assert cards[0]["bottom"] <= SCREEN["height"]
        assert screen.fits()
        screen.shoot(f"fault_{number:02d}")
        observations.save(engine, [result(place, utc_now(), failed=False)])
    assert len({process for process, _, _ in places}) > FAULTS // 3, "the faults are of many"
