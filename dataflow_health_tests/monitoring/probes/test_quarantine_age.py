from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine, update

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import recordings, refuse


def test_the_age_counts_from_the_refusal(engine: Engine, environment: Mapping[str, str]) -> None:
    check = {"kind": "quarantine_age"}
    assert probe(check, environment).detail == "quarantine is empty"
    refuse(engine, recordings(engine, 1))
    with writing(engine) as connection:
        connection.execute(update(tables.recording).values(arrived_at=NOON - timedelta(days=900)))
    later = NOON + timedelta(days=8)
    assert probe(check | {"at_most": "P7D"}, environment, now=later).outcome == "failed"
    assert probe(check | {"at_most": "P9D"}, environment, now=later).outcome == "passed"
