import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dataflow_health.health.process import Process
from dataflow_health.monitoring.collectors import keeper
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.storage.records import outside_systems
from dataflow_health_tests.health.factories import make_process
from dataflow_health_tests.monitoring.collectors import recorded
from dataflow_health_tests.monitoring.probes.probing import NOW, closed_port, make_database
from dataflow_health_tests.waiting import wait_until

NOTHING: Mapping[str, str] = {}


def declared(**check: Any) -> dict[str, Process]:
    """One process that watches another program."""
    return {"warehouse": make_process(external=True, checks=[check])}


def at(now: datetime, environment: Mapping[str, str] = NOTHING) -> ProbeDependencies:
    """Dependencies at a time."""
    return ProbeDependencies(lambda: now, environment)


def test_a_system_is_described_every_five_minutes_and_forgotten_with_its_check(
    engine: Engine, tmp_path: Path
) -> None:
    processes = declared(kind="database_tables", url=make_database(tmp_path / "a.sqlite"))
    for minutes in (0, 4, 6):
        keeper.describe_due(engine, processes, at(NOW + timedelta(minutes=minutes)))
        [row] = outside_systems.read(engine)
        assert row.error == ""
        assert "algorithm_run" in row.description
        expected = NOW + timedelta(minutes=6 if minutes == 6 else 0)
        assert row.asked_at == row.described_at == expected
    keeper.describe_due(engine, {}, at(NOW))
    assert outside_systems.read(engine) == ()


def test_another_kind_under_the_same_name_is_asked_at_once(engine: Engine, tmp_path: Path) -> None:
    url = make_database(tmp_path / "a.sqlite")
    keeper.describe_due(engine, declared(kind="database_tables", name="x", url=url), at(NOW))
    other = f"http://{closed_port()}"
    keeper.describe_due(engine, declared(kind="spark_jobs", name="x", url=other), at(NOW))
    [row] = outside_systems.read(engine)
    assert row.kind == "spark_jobs"
    assert "ConnectError" in row.error


def test_a_secret_that_a_system_shows_is_masked(engine: Engine) -> None:
    when, answers = recorded.read("spark")
    for _, body in answers.values():
        if isinstance(body, list) and body and "name" in body[0]:
            body[0]["name"] = "export hunter2222"
    with recorded.repeating(answers) as url:
        given = declared(kind="spark_jobs", url=url)
        keeper.describe_due(engine, given, at(when, {"FLEET_PASSWORD": "hunter2222"}))
    [row] = outside_systems.read(engine)
    assert "hunter2222" not in row.description + row.error
    assert "export ***" in row.description


def test_a_system_that_hangs_is_given_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LEAST_S", 0.2)

    def hang(*_: object) -> recorded.Answer:
        time.sleep(1)
        return 200, []

    with recorded.serving(hang) as url:
        given = declared(kind="spark_jobs", url=url, within="PT0.2S")
        keeper.describe_due(engine, given, at(NOW))
    [row] = outside_systems.read(engine)
    assert "no description within" in row.error or "ReadTimeout" in row.error


def test_the_keeper_asks_by_itself_until_it_is_stopped(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "TICK_S", 0.01)
    folder = tmp_path / "processes"
    folder.mkdir()
    url = make_database(tmp_path / "a.sqlite")
    (folder / "warehouse.yaml").write_text(
        f"describes: x\nexternal: true\nchecks:\n  - {{kind: database_tables, url: '{url}'}}\n"
    )
    made = keeper.SystemKeeper(engine, ConfigReloader([tmp_path]), at(NOW))
    made.start()
    try:
        wait_until(lambda: outside_systems.read(engine))
    finally:
        made.stop()
