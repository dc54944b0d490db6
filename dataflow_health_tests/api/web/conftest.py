"""Pages of an installation in a real browser, as large as a wall's screen."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dataflow_health.clock import utc_now
from dataflow_health.flight.algorithms.coverage import NO_SAMPLE_OF
from dataflow_health.settings import ApiKey
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation as scene
from dataflow_health_tests.api.web.screen import SCREEN, Screen
from dataflow_health_tests.finding_factories import insert_findings, insert_flights
from dataflow_health_tests.page_history import insert_history
from dataflow_health_tests.plotted_recording import write_parameters
from dataflow_health_tests.waiting import LIMIT_S


@pytest.fixture
def screen(browser: Any, tmp_path: Path) -> Iterator[Screen]:
    """The board of an installation with two recordings in quarantine and one open incident."""
    key = ApiKey(name="anna", scope="operate", sha256=hashlib.sha256(b"anna").hexdigest())
    reader = ApiKey(name="board", scope="read", sha256=hashlib.sha256(b"board").hexdigest())
    settings = scene.settings(tmp_path, api_keys=(key, reader))
    engine = scene.filled(settings, now=utc_now())
    insert_history(engine, utc_now())
    insert_findings(engine, 6, start_at=utc_now())
    insert_flights(engine, *((tail, f"{utc_now():%Y-%m}", 25.0) for tail in ("HB-Z0", "HB-Z1")))
    run, lacks = tables.algorithm_run, f"{NO_SAMPLE_OF}airspeed_kt, flight phases"
    with writing(engine) as connection:
        silent = (run.c.tail == "HB-Z02") & (run.c.algorithm == "airspeed_high")
        values = {"outcome": "not_applicable", "reason": lacks}
        connection.execute(update(run).where(silent).values(values))
    at = {"recording_id": scene.recording_id(0), "start_s": 200.0, "end_s": 240.0}
    day = recording_history.find(engine, scene.recording_id(0)).arrival_day
    insert_findings(engine, 1, **at, algorithm="rotor_droop", arrival_day=day)
    engine.dispose()
    write_parameters(settings)
    page = browser.new_page(viewport=SCREEN)
    page.set_default_timeout(LIMIT_S * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: "Content Security" in said.text and errors.append(said.text))
    with scene.served(scene.app(settings, utc_now)) as url:
        yield Screen(page, url)
    page.close()
    assert errors == []
