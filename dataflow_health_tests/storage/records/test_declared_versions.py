from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from dataflow_health.storage.records import declared_versions
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON

LATER = NOON + timedelta(hours=1)
RDF, CSV = ("parse", "rdf", "twin"), ("parse", "csv", "")


def saved(engine: Engine) -> dict[tuple[str, str, str], tuple[str, datetime]]:
    rows = fetch(engine, select(tables.declared_version))
    return {(e.stage, e.recorder, e.layout): (e.version, e.declared_at) for e in rows}


def test_only_a_new_version_gets_a_new_time_and_a_removed_recorder_goes(engine: Engine) -> None:
    declared_versions.replace(engine, {RDF: "1", CSV: "1"}, NOON)
    declared_versions.replace(engine, {RDF: "1", ("store", "rdf", ""): "2"}, LATER)
    assert saved(engine) == {RDF: ("1", NOON), ("store", "rdf", ""): ("2", LATER)}


def test_a_command_that_knows_fewer_recorders_removes_none(engine: Engine) -> None:
    declared_versions.replace(engine, {RDF: "1", CSV: "1"}, NOON)
    declared_versions.add(engine, {RDF: "2"}, LATER)
    assert saved(engine) == {RDF: ("2", LATER), CSV: ("1", NOON)}
