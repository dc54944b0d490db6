from collections.abc import Mapping

from sqlalchemy import Engine

from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "no_incident_flaps"}


def test_a_flapping_incident_is_named(engine: Engine, environment: Mapping[str, str]) -> None:
    assert probe(CHECK, environment).detail == "flapping incidents (0) = 0"
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0, flapping=True))
    result = probe(CHECK, environment)
    assert (result.outcome, result.detail) == (
        "failed", "flapping incidents (1: parse: no_sync) = 0",
    )  # fmt: skip
