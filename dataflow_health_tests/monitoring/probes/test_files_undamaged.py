from collections.abc import Mapping

from sqlalchemy import Engine

from dataflow_health.storage.records import scrub_damage
from dataflow_health.storage.records.scrub_damage import NOT_IN_LEDGER, Damage
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.monitoring.probes.probing import probe


def test_damage_is_counted_and_named(engine: Engine, environment: Mapping[str, str]) -> None:
    check = {"kind": "files_undamaged"}
    assert probe(check, environment).detail == "damaged files and rows (0) = 0"
    lost = Damage("download", "download/a.zip", "a" * 64, DAY, NOT_IN_LEDGER, "")
    scrub_damage.save(engine, [lost], NOON)
    found = probe(check, environment)
    expected = "damaged files and rows (1: download/a.zip not_in_ledger) = 0"
    assert (found.outcome, found.detail) == ("failed", expected)
