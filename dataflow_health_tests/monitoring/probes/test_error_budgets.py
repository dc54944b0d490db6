from collections.abc import Mapping

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

CHECK = {"kind": "error_budgets"}


def test_a_budget_that_burns_is_shown_with_its_numbers(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    refuse(engine, recordings(engine, 40))
    result = probe(CHECK, environment)
    assert result.outcome == "failed"
    assert "recordings_decoded: 0.00 % of 99 %, 40 of 40 late or refused" in result.detail


def test_the_check_fails_for_alarms_of_its_own_severity_only(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    refuse(engine, recordings(engine, 40))
    assert probe(CHECK | {"severity": "warning"}, environment).outcome == "passed"


def test_without_events_every_budget_is_whole(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    assert probe(CHECK, environment).outcome == "passed"


@pytest.mark.parametrize(
    ("process", "outcome"), [("parse", "passed"), ("store", "failed"), ("overview", "failed")]
)
def test_a_budget_that_burns_because_of_an_open_incident_joins_it(
    engine: Engine, environment: Mapping[str, str], process: str, outcome: str
) -> None:
    refuse(engine, recordings(engine, 40))
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0, process=process, severity="error"))
    result = probe(CHECK, environment)
    assert result.outcome == outcome
    assert ("explained by incident 1 of parse" in result.detail) == (outcome == "passed")
