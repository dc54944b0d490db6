from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.stages.checks.factories import insert_recording

LIMIT = timedelta(days=7)


def test_an_aircraft_is_silent_until_its_next_archive_is_there(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    check = {"kind": "aircraft_heard_from"}
    assert probe(check, environment, now=NOON).detail == "silent aircraft (0) = 0"
    insert_recording(engine, "1" * 64, tail="HB-OLD", arrived_at=NOON - 2 * LIMIT)
    insert_recording(engine, "2" * 64, tail="HB-NEW", arrived_at=NOON - LIMIT)
    silent = probe(check, environment, now=NOON)
    assert silent.outcome == "failed"
    assert silent.detail == "silent aircraft (1: HB-OLD, last archive 2026-11-06 12:00Z) = 0"
    insert_recording(engine, "3" * 64, tail="HB-OLD", arrived_at=NOON)
    assert probe(check, environment, now=NOON).outcome == "passed"
    assert probe(check, environment, now=NOON + timedelta(seconds=1)).outcome == "failed"


def test_a_ledger_that_does_not_answer_is_no_fault_of_the_aircraft(
    environment: Mapping[str, str],
) -> None:
    away = {"DATAFLOW_HEALTH_DATABASE_URL": "postgresql://reader@127.0.0.1:1/results"}
    found = probe({"kind": "aircraft_heard_from"}, {**environment, **away})
    assert (found.outcome, "see results_database" in found.detail) == ("unknown", True)
