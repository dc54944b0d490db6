from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.records import recorded_formats
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import arrive, store_flights

CHECK = {"kind": "format_stable"}


def test_a_change_of_format_is_news_for_a_week(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    assert probe(CHECK, environment).detail == "changes of a recording's format (0) = 0"
    recorded_formats.save(engine, "usual", {"oil": (1.0, "psi", 0.0, 100.0)})
    recorded_formats.save(engine, "slow", {"oil": (0.5, "psi", 0.0, 100.0)})
    whole = ["whole_flight"] * 4
    store_flights(engine, *whole, formats=["usual", "usual", "usual", "slow"])
    found = probe(CHECK, environment, now=NOON + timedelta(days=7))
    change = "HB-ZAA 2026-11-20 18:00Z generic_rdf: rate: oil 1 -> 0.5 Hz"
    assert found.outcome == "failed"
    assert found.detail == f"changes of a recording's format (1: {change}) = 0"
    assert probe(CHECK, environment, now=NOON + timedelta(days=8)).outcome == "passed"


@pytest.mark.parametrize(("declared", "outcome"), [("", "failed"), ("edited", "passed")])
def test_a_late_card_is_judged_when_it_arrives_and_an_edited_layout_is_no_drift(
    engine: Engine, environment: Mapping[str, str], declared: str, outcome: str
) -> None:
    recorded_formats.save(engine, "usual", {"oil": (1.0, "psi", 0.0, 100.0)})
    recorded_formats.save(engine, "slow", {"oil": (0.5, "psi", 0.0, 100.0)})
    formats = ["usual", "usual", "usual", "slow"]
    ids = store_flights(
        engine, *["whole_flight"] * 4, formats=formats, declared=["", "", "", declared]
    )
    now = NOON + timedelta(days=90)
    arrive(engine, ids[3], now.date().isoformat())
    found = probe(CHECK, environment, now=now)
    assert found.outcome == outcome
    assert "rate: oil 1 -> 0.5 Hz" in found.detail
