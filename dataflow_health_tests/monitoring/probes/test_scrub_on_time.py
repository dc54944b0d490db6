from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import scrub_shares
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import downloaded


def test_a_share_that_was_not_read_in_time_fails(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    scrub_shares.due(engine, 24, NOON)
    assert outcomes(environment) == ["passed", "failed"]


def test_before_the_first_scrub_the_files_wait_since_the_first_download(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    assert outcomes(environment) == ["passed", "passed"]
    downloaded(engine)
    assert outcomes(environment) == ["passed", "failed"]


def outcomes(environment: Mapping[str, str]) -> list[str]:
    """Outcomes 26 and 27 hours after noon."""
    check = {"kind": "scrub_on_time", "at_most": "PT26H"}
    times = (NOON + timedelta(hours=hours) for hours in (26, 27))
    return [probe(check, environment, now=now).outcome for now in times]
