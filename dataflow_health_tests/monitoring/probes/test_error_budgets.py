from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.incident_factories import NOON, make_incident
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import downloaded, recordings, refuse

CHECK = {"kind": "error_budgets"}
OLD = NOON - timedelta(days=9)


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


def open_incident(engine: Engine, **given: Any) -> None:
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0, severity="error", **given))


@pytest.mark.parametrize(
    ("incident", "outcome"),
    [
        ({"process": "parse"}, "passed"),
        ({"process": "parse", "state": "muted"}, "failed"),
        ({"process": "store"}, "failed"),
        ({"process": "overview"}, "failed"),
    ],
)
def test_a_budget_that_burns_because_of_an_open_incident_joins_it(
    engine: Engine, environment: Mapping[str, str], incident: Mapping[str, Any], outcome: str
) -> None:
    refuse(engine, recordings(engine, 40))
    open_incident(engine, **incident)
    result = probe(CHECK, environment)
    assert result.outcome == outcome
    assert ("explained by incident 1 of parse" in result.detail) == (outcome == "passed")


@pytest.mark.parametrize(
    ("incident", "outcome"),
    [
        (
            {"process": "spark", "quarantined": False, "opened_at": NOON - timedelta(days=9)},
            "passed",
        ),
        ({"process": "parse", "opened_at": NOON}, "passed"),
        ({"process": "parse", "opened_at": OLD}, "failed"),
    ],
)
def test_late_results_join_an_outage_and_new_refusals_but_no_old_ones(
    engine: Engine, environment: Mapping[str, str], incident: Mapping[str, Any], outcome: str
) -> None:
    downloaded(engine)
    recordings(engine, 40)
    open_incident(engine, **incident)
    result = probe(CHECK, environment, now=NOON + timedelta(minutes=61))
    assert ("results_in_time: 0.00 %" in result.detail, result.outcome) == (True, outcome)
