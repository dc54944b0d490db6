from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import scrub_shares
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_share_that_was_not_read_in_time_fails(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    check = {"kind": "scrub_on_time", "at_most": "PT26H"}
    assert probe(check, environment).outcome == "unknown"
    scrub_shares.due(engine, 24, NOON)
    for hours, outcome in (26, "passed"), (27, "failed"):
        later = NOON + timedelta(hours=hours)
        assert probe(check, environment, now=later).outcome == outcome
