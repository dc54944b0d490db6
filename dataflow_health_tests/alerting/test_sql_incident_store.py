"""Incident store in the ledger's database: exclusive to one writer and one sender."""

import threading

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health_tests.health.incident_factories import make_incident

WAIT_S = 60
"""Generous: reached only when the test fails."""


@pytest.mark.slow
@pytest.mark.parametrize("right", ["writing", "sending"])
def test_a_second_process_waits_until_the_first_is_done(engine: Engine, right: str):
    store, order, started = SqlIncidentStore(engine), [], threading.Event()

    def second() -> None:
        started.set()
        with getattr(store, right)():
            order.append("second")

    thread = threading.Thread(target=second)
    with getattr(store, right)():
        thread.start()
        started.wait(WAIT_S)
        thread.join(0.3)
        order.append("first")
    thread.join(WAIT_S)
    assert order == ["first", "second"]


def test_a_number_is_never_used_twice(engine: Engine):
    with SqlIncidentStore(engine).writing() as stored:
        first = stored.save_incident(make_incident(id=0))
        second = stored.save_incident(make_incident(id=0, cause="crc_error"))
    assert second.id > first.id > 0
