from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, store_flights

CHECK = {"kind": "flights_recorded"}


def test_no_recording_and_whole_flights_pass(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    limits = "without 95 % recorded and at most 0 breaks (0) = 0"
    assert probe(CHECK, environment).detail == f"recorders of aircraft, 0, {limits}"
    store_flights(engine, "whole_flight", "whole_flight")
    found = probe(CHECK, environment)
    assert (found.outcome, found.detail) == ("passed", f"recorders of aircraft, 1, {limits}")


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [
        ({}, "failed"),
        ({"at_least_pct": 60}, "failed"),
        ({"at_least_pct": 60, "breaks_at_most": 1}, "passed"),
        ({"at_least_pct": 70, "breaks_at_most": 1}, "failed"),
    ],
)
def test_a_missing_part_fails_by_its_share_or_its_number(
    engine: Engine, environment: Mapping[str, str], limits: Mapping[str, int], outcome: str
) -> None:
    ids = store_flights(engine, "start_only", "stop_only")
    found = probe(CHECK | limits, environment)
    assert found.outcome == outcome
    if outcome == "failed":
        first = f"the first at 2026-11-20 13:00Z: {ids[0][:12]} "
        assert f"(1: HB-ZAA generic_rdf 66.7 % with 1 breaks, {first}" in found.detail


def test_a_loss_is_no_news_after_a_week(engine: Engine, environment: Mapping[str, str]) -> None:
    store_flights(engine, "start_only", "stop_only")
    assert probe(CHECK, environment, now=NOON + timedelta(days=7)).outcome == "failed"
    assert probe(CHECK, environment, now=NOON + timedelta(days=8)).outcome == "passed"


def test_a_part_that_may_be_in_quarantine_is_named_and_is_no_break(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    store_flights(engine, "start_only", "stop_only")
    (refused,) = recordings(engine, 1, first=7, arrived_at=NOON + timedelta(hours=3))
    refuse(engine, [refused])
    found = probe(CHECK, environment)
    assert found.outcome == "passed"
    assert f"{refused[:12]} is in quarantine at parse (no_sync)" in found.detail
