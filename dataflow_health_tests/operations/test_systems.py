from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.operations import systems
from dataflow_health.storage.records import outside_systems
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import make_process
from dataflow_health_tests.monitoring.probes.probing import make_database

LATER = NOON + timedelta(minutes=2)


def test_a_system_is_shown_with_its_age_and_never_as_new(engine: Engine, tmp_path: Path) -> None:
    url = make_database(tmp_path / "a.sqlite")
    check = {"kind": "database_tables", "url": url}
    processes = {"warehouse": make_process(external=True, owner="team:data", checks=[check])}
    [unasked] = systems.entries(engine, processes, NOON)
    assert (unasked.error, unasked.age_s, unasked.owner) == ("not asked yet", None, "team:data")

    systems.ask(engine, processes, ProbeDependencies(lambda: NOON, {}), "")
    [entry] = systems.entries(engine, processes, LATER)
    assert (entry.age_s, entry.error, entry.tables) == (120, "", 1)
    assert entry.version.startswith("sqlite 3")
    [found] = systems.find(engine, processes, "warehouse", LATER)
    assert found.description is not None
    assert found.description.tables[0].name == "algorithm_run"

    key = ("warehouse", "database_tables")
    outside_systems.save_error(engine, key, "database_tables", "refused", LATER)
    [away] = systems.entries(engine, processes, LATER)
    assert (away.error, away.asked_at, away.described_at) == ("refused", LATER, NOON)


def test_an_address_has_no_password_and_an_unknown_name_gets_the_known_ones(
    engine: Engine,
) -> None:
    url = "postgresql://me:hunter2222@h/d"
    check = {"kind": "database_tables", "url": url}
    processes = {"warehouse": make_process(external=True, checks=[check])}
    [entry] = systems.entries(engine, processes, NOON)
    assert entry.address == "postgresql://me:***@h/d"
    with pytest.raises(NotFound, match="there are: warehouse"):
        systems.find(engine, processes, "spark", NOON)
